#include "decoder/video_io.h"

#include <glib/gstdio.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "tests/support/codec_fixture.h"

/* Every picture of a file as libavcodec shows it: a digest of their samples. */
typedef struct shown {
	GChecksum *sum;
	unsigned pictures;
	int64_t last_ms;
} shown;

static void show(shown *s, AVCodecContext *dec, AVFrame *f, AVRational base)
{
	while (avcodec_receive_frame(dec, f) >= 0) {
		for (int y = 0; y < f->height; y++)
			g_checksum_update(s->sum,
					  f->data[0] + y * f->linesize[0],
					  f->width);
		for (int i = 1; i < 3; i++)
			for (int y = 0; y < f->height / 2; y++)
				g_checksum_update(
					s->sum,
					f->data[i] + y * f->linesize[i],
					f->width / 2);
		s->last_ms = av_rescale_q(f->pts, base,
					  (AVRational){1, 1000});
		s->pictures++;
	}
}

static shown play(const char *path)
{
	shown s = {g_checksum_new(G_CHECKSUM_SHA256), 0, 0};
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);
	AVCodecContext *dec = avcodec_alloc_context3(codec);
	AVPacket *pkt = av_packet_alloc();
	AVFrame *f = av_frame_alloc();
	AVFormatContext *in = NULL;
	AVStream *stream;

	g_assert_cmpint(avformat_open_input(&in, path, NULL, NULL), >=, 0);
	g_assert_cmpint(avformat_find_stream_info(in, NULL), >=, 0);
	stream = in->streams[0];
	g_assert_cmpint(stream->codecpar->width, ==, 320);
	avcodec_parameters_to_context(dec, stream->codecpar);
	g_assert_cmpint(avcodec_open2(dec, codec, NULL), >=, 0);
	while (av_read_frame(in, pkt) >= 0) {
		avcodec_send_packet(dec, pkt);
		show(&s, dec, f, stream->time_base);
		av_packet_unref(pkt);
	}
	avcodec_send_packet(dec, NULL);
	show(&s, dec, f, stream->time_base);
	avformat_close_input(&in);
	avcodec_free_context(&dec);
	av_packet_free(&pkt);
	av_frame_free(&f);
	return s;
}

static void put(void *user, const dec_h264_unit *u)
{
	g_autoptr(GError) err = NULL;

	dec_video_put(user, u, &err);
	g_assert_no_error(err);
}

/* The fixture without its first `skip` packets into v. */
static void record(dec_video *v, int skip)
{
	dec_h264 *h = dec_h264_new(9000, put, v);
	g_autofree uint8_t *data = NULL;
	span in, rtp;
	size_t len;

	data = fix_load("h264uc.rtp", &len);
	in = span_of(data, len);
	while (fix_next(&in, &rtp)) {
		uint32_t ts = 0, ssrc = 0;
		uint16_t seq = 0;
		bool ok = span_skip(&rtp, 2) && span_u16(&rtp, &seq) &&
			  span_u32(&rtp, &ts) && span_u32(&rtp, &ssrc);

		g_assert_true(ok);
		if (skip-- <= 0)
			dec_h264_packet(h, ssrc, seq, ts, rtp);
	}
	dec_h264_flush(h);
	dec_h264_free(h);
}

static void check_container(const char *name)
{
	g_autofree char *dir = g_dir_make_tmp("video-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) err = NULL;
	g_autoptr(dec_video) v = dec_video_new(path, &err);
	shown want = play("tests/golden/codecs/h264uc.264"), got;

	g_assert_no_error(err);
	record(v, 0);
	g_assert_true(dec_video_finish(v, &err));
	g_assert_no_error(err);
	g_assert_cmpuint(dec_video_pictures(v), ==, 36);
	got = play(path);
	g_assert_cmpuint(got.pictures, ==, 36);
	g_assert_cmpuint(want.pictures, ==, 36);
	g_assert_cmpstr(g_checksum_get_string(got.sum), ==,
			g_checksum_get_string(want.sum));
	g_assert_cmpint(ABS(got.last_ms - 35 * 1000 / 30), <=, 1);
	g_checksum_free(want.sum);
	g_checksum_free(got.sum);
	g_unlink(path);
	g_rmdir(dir);
}

/* The same pictures as the encoder's own stream, at their times. */
static void test_containers(void)
{
	check_container("call.mp4");
	check_container("call.mkv");
}

/* Killed before the end, the file still plays. */
static void check_unfinished(const char *name)
{
	g_autofree char *dir = g_dir_make_tmp("video-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *copy = g_build_filename(dir, "copy", NULL);
	dec_video *v = dec_video_new(path, NULL);
	g_autofree char *data = NULL;
	gsize len;
	shown got;

	record(v, 0);
	g_assert_true(g_file_get_contents(path, &data, &len, NULL));
	g_assert_true(g_file_set_contents(copy, data, (gssize)len, NULL));
	got = play(copy);
	g_assert_cmpuint(got.pictures, >=, 30);
	dec_video_free(v);
	g_checksum_free(got.sum);
	g_unlink(copy);
	g_unlink(path);
	g_rmdir(dir);
}

static void test_unfinished(void)
{
	check_unfinished("call.mp4");
	check_unfinished("call.mkv");
}

/* Without its key picture there is nothing to show, and no file. */
static void test_no_key(void)
{
	g_autofree char *dir = g_dir_make_tmp("video-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "call.mp4", NULL);
	g_autoptr(GError) err = NULL;
	g_autoptr(dec_video) v = dec_video_new(path, NULL);

	record(v, 4);
	g_assert_false(dec_video_finish(v, &err));
	g_assert_error(err, DEC_VIDEO_ERROR, DEC_VIDEO_ERROR_EMPTY);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	g_rmdir(dir);
}

static void test_errors(void)
{
	static const uint8_t unit[] = {
		0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x0d, 0x8c, 0x8d, 0x70, 0xa0,
		0xb9, 0x00, 0xf0, 0x88, 0x46, 0xe0, 0, 0, 0, 1, 0x68, 0xce,
		0x3c, 0x80, 0, 0, 0, 1, 0x65, 0x88, 0x80, 0x40,
	};
	const dec_h264_unit u = {0, true, true, span_of(unit, sizeof unit)};
	g_autoptr(GError) err = NULL;
	g_autoptr(dec_video) v = NULL;

	g_assert_null(dec_video_new("/tmp/call.avi", &err));
	g_assert_error(err, DEC_VIDEO_ERROR, DEC_VIDEO_ERROR_OPEN);
	g_clear_error(&err);
	v = dec_video_new("/nonexistent/call.mp4", &err);
	g_assert_no_error(err);
	g_assert_false(dec_video_put(v, &u, &err));
	g_assert_error(err, DEC_VIDEO_ERROR, DEC_VIDEO_ERROR_OPEN);
	g_assert_cmpstr(err->message, ==,
			"/nonexistent/call.mp4: No such file or directory");
}

int main(int argc, char **argv)
{
	av_log_set_level(AV_LOG_QUIET);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/video/containers", test_containers);
	g_test_add_func("/decoder/video/unfinished", test_unfinished);
	g_test_add_func("/decoder/video/no-key", test_no_key);
	g_test_add_func("/decoder/video/errors", test_errors);
	return g_test_run();
}
