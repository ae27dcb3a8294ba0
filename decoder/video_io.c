#include "decoder/video_io.h"

#include "decoder/h264_nal.h"
#include "decoder/lavc_io.h"

G_DEFINE_QUARK(dec_video_error, dec_video_error)

enum { CLOCK = 90000 };

struct dec_video {
	const dec_lavc *av;
	char *path;
	AVFormatContext *out;	/* NULL until the first key picture */
	AVPacket *pkt;
	int64_t first;		/* timestamp of the file's beginning */
	int64_t last, step;	/* of the last picture, as written */
	uint64_t pictures;
};

dec_video *dec_video_new(const char *path, GError **err)
{
	const dec_lavc *av = dec_lavc_load();
	dec_video *v;

	if (!av) {
		g_set_error(err, DEC_VIDEO_ERROR, DEC_VIDEO_ERROR_OPEN,
			    "%s: libavformat is not installed", path);
		return NULL;
	}
	if (!g_str_has_suffix(path, ".mp4") &&
	    !g_str_has_suffix(path, ".mkv")) {
		g_set_error(err, DEC_VIDEO_ERROR, DEC_VIDEO_ERROR_OPEN,
			    "%s: video goes into .mp4 or .mkv", path);
		return NULL;
	}
	v = g_new0(dec_video, 1);
	v->av = av;
	v->path = g_strdup(path);
	v->pkt = v->av->av_packet_alloc();
	v->last = -1;
	return v;
}

void dec_video_free(dec_video *v)
{
	if (!v)
		return;
	if (v->out) {
		v->av->avio_closep(&v->out->pb);
		v->av->avformat_free_context(v->out);
	}
	v->av->av_packet_free(&v->pkt);
	g_free(v->path);
	g_free(v);
}

uint64_t dec_video_pictures(const dec_video *v)
{
	return v->pictures;
}

static bool fail(const dec_video *v, dec_video_error code, int cause,
		 GError **err)
{
	char why[AV_ERROR_MAX_STRING_SIZE];

	av_strerror(cause, why, sizeof why);
	g_set_error(err, DEC_VIDEO_ERROR, (int)code, "%s: %s", v->path, why);
	return false;
}

/* Size and profile, read by libavcodec's parser. */
static bool describe(const dec_lavc *av, AVCodecParameters *par,
		     const dec_h264_unit *u)
{
	AVCodecContext *ctx = av->avcodec_alloc_context3(NULL);
	AVCodecParserContext *parser = av->av_parser_init(AV_CODEC_ID_H264);
	uint8_t *nals;
	int size;

	par->codec_type = AVMEDIA_TYPE_VIDEO;
	par->codec_id = AV_CODEC_ID_H264;
	if (ctx && parser) {
		parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
		ctx->codec_id = AV_CODEC_ID_H264;
		ctx->log_level_offset = AV_LOG_TRACE;	/* keep quiet */
		av->av_parser_parse2(parser, ctx, &nals, &size, u->data.p,
				 (int)u->data.left, 0, 0, 0);
		par->width = parser->width;
		par->height = parser->height;
		par->profile = ctx->profile;
		par->level = ctx->level;
	}
	if (parser)
		av->av_parser_close(parser);
	av->avcodec_free_context(&ctx);
	return par->width > 0 && par->height > 0;
}

/* Where the next 00 00 00 01 begins, or the end. */
static size_t start_code(span s, size_t from)
{
	static const uint8_t code[4] = {0, 0, 0, 1};
	const uint8_t *hit = memmem(s.p + from, s.left - from, code, 4);

	return hit ? (size_t)(hit - s.p) : s.left;
}

/* The unit's parameter sets, which are in the file's header too. */
static bool copy_parameter_sets(AVCodecParameters *par, span data)
{
	uint8_t *to = av_mallocz(data.left + AV_INPUT_BUFFER_PADDING_SIZE);
	bool sps = false, pps = false;
	span nal;

	par->extradata = to;
	while (to && data.left > 4 &&
	       span_cut(&data, start_code(data, 4), &nal)) {
		uint8_t type = dec_nal_type(nal.p[4]);

		if (type != DEC_NAL_SPS && type != DEC_NAL_PPS)
			continue;
		memcpy(to + par->extradata_size, nal.p, nal.left);
		par->extradata_size += (int)nal.left;
		sps = sps || type == DEC_NAL_SPS;
		pps = pps || type == DEC_NAL_PPS;
	}
	return sps && pps;
}

/* In pieces of a second, so that what is written can be played after a crash.
 * Each format ignores the other's words. */
static int write_head(dec_video *v)
{
	AVDictionary *options = NULL;
	int r;

	av_dict_set(&options, "movflags",
		    "frag_keyframe+empty_moov+default_base_moof", 0);
	av_dict_set(&options, "frag_duration", "1000000", 0);	/* us */
	av_dict_set(&options, "cluster_time_limit", "1000", 0);	/* ms */
	r = v->av->avio_open(&v->out->pb, v->path, AVIO_FLAG_WRITE);
	if (r >= 0)
		r = v->av->avformat_write_header(v->out, &options);
	av_dict_free(&options);
	return r;
}

/* False without an error when the unit cannot begin a file. */
static bool begin(dec_video *v, const dec_h264_unit *u, GError **err)
{
	AVStream *stream;
	int r = v->av->avformat_alloc_output_context2(&v->out, NULL, NULL,
						      v->path);

	if (r < 0)
		return fail(v, DEC_VIDEO_ERROR_OPEN, r, err);
	v->out->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_FLUSH_PACKETS;
	stream = v->av->avformat_new_stream(v->out, NULL);
	if (!stream || !describe(v->av, stream->codecpar, u) ||
	    !copy_parameter_sets(stream->codecpar, u->data)) {
		v->av->avformat_free_context(v->out);
		v->out = NULL;
		return false;
	}
	stream->time_base = (AVRational){1, CLOCK};
	v->first = u->ts;
	r = write_head(v);
	return r >= 0 ? true : fail(v, DEC_VIDEO_ERROR_OPEN, r, err);
}

/* A sender's new clock continues one tick after the old one. */
static int64_t place(dec_video *v, int64_t ts)
{
	if (ts - v->first <= v->last)
		v->first = ts - v->last - 1;
	v->step = v->last < 0 ? CLOCK / 30 : ts - v->first - v->last;
	return v->last = ts - v->first;
}

bool dec_video_put(dec_video *v, const dec_h264_unit *u, GError **err)
{
	GError *why = NULL;
	AVStream *stream;
	int r;

	if (!v->out && (!u->key || !begin(v, u, &why))) {
		if (!why)
			return true;
		g_propagate_error(err, why);
		return false;
	}
	stream = v->out->streams[0];
	v->pkt->data = (uint8_t *)(uintptr_t)u->data.p;
	v->pkt->size = (int)u->data.left;
	v->pkt->flags = u->key ? AV_PKT_FLAG_KEY : 0;
	v->pkt->pts = v->pkt->dts = place(v, u->ts);
	v->pkt->duration = v->step;	/* as good a guess as any */
	v->av->av_packet_rescale_ts(v->pkt, (AVRational){1, CLOCK},
			     stream->time_base);
	r = v->av->av_write_frame(v->out, v->pkt);
	if (r < 0)
		return fail(v, DEC_VIDEO_ERROR_WRITE, r, err);
	v->pictures++;
	return true;
}

bool dec_video_finish(dec_video *v, GError **err)
{
	int r;

	if (!v->out) {
		g_set_error(err, DEC_VIDEO_ERROR, DEC_VIDEO_ERROR_EMPTY,
			    "%s: no picture that a player could begin with",
			    v->path);
		return false;
	}
	r = v->av->av_write_trailer(v->out);
	if (r >= 0)
		r = v->av->avio_closep(&v->out->pb);
	return r >= 0 ? true : fail(v, DEC_VIDEO_ERROR_WRITE, r, err);
}
