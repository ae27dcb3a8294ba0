#include "tools/lync/sound.h"

#include <gst/gst.h>
#include <media-gst.h>
#include <sndfile.h>

enum {
	RATE = 16000,		/* of what is heard */
	PATIENCE = 1500,	/* ms that a late packet is waited for */
};

/* libpurple's call-backs for elements carry no pointer of ours. */
static struct {
	const char *play;
	sound_trouble *trouble;
	void *user;

	GMutex lock;		/* of what GStreamer's thread writes */
	SNDFILE *file;
	gint64 samples;
} the;

static GstElement *make_bin(const char *description)
{
	g_autoptr(GError) err = NULL;
	GstElement *bin = gst_parse_bin_from_description(description, TRUE,
							 &err);

	if (!bin)
		the.trouble(the.user, err->message);
	return bin;
}

static GstElement *make_source(PurpleMediaElementInfo *info, PurpleMedia *m,
			       const gchar *session, const gchar *who)
{
	g_autofree char *wav = g_strdup_printf(
		"filesrc location=\"%s\" ! wavparse ! audioconvert ! "
		"audioresample ! identity sync=true ! queue ! audioconvert",
		the.play ? the.play : "");

	(void)info;
	(void)m;
	(void)session;
	(void)who;
	return make_bin(the.play ? wav :
			"audiotestsrc is-live=true wave=silence");
}

static void on_heard(GstElement *sink, GstBuffer *buffer, GstPad *pad,
		     gpointer ctx)
{
	GstMapInfo map;

	(void)sink;
	(void)pad;
	(void)ctx;
	if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
		return;
	g_mutex_lock(&the.lock);
	the.samples += (gint64)(map.size / 2);
	if (the.file)
		sf_writef_short(the.file, (const short *)(const void *)map.data,
				(sf_count_t)(map.size / 2));
	g_mutex_unlock(&the.lock);
	gst_buffer_unmap(buffer, &map);
}

static GstElement *make_sink(PurpleMediaElementInfo *info, PurpleMedia *m,
			     const gchar *session, const gchar *who)
{
	g_autofree char *text = g_strdup_printf(
		"audioconvert ! audioresample ! audio/x-raw,format=S16LE,"
		"rate=%d,channels=1 ! "
		"fakesink name=ear sync=true signal-handoffs=true", RATE);
	GstElement *bin = make_bin(text), *ear;

	(void)info;
	(void)m;
	(void)session;
	(void)who;
	if (!bin)
		return NULL;
	ear = gst_bin_get_by_name(GST_BIN(bin), "ear");
	g_signal_connect(ear, "handoff", G_CALLBACK(on_heard), NULL);
	gst_object_unref(ear);
	return bin;
}

/* What is heard is held against recordings: on a crowded machine nothing that
 * came may be thrown away for having come late, nor the time be bent (mode 0:
 * RTP time alone). */
static void on_element(GstBin *pipeline, GstBin *bin, GstElement *element,
		       gpointer ctx)
{
	GstElementFactory *made_by = gst_element_get_factory(element);
	const char *name = made_by ? GST_OBJECT_NAME(made_by) : "";

	(void)pipeline;
	(void)bin;
	(void)ctx;
	if (!strcmp(name, "rtpjitterbuffer"))
		g_object_set(element, "latency", PATIENCE, "mode", 0,
			     NULL);
	if (!strcmp(name, "audiomixer"))
		g_object_set(element, "latency",
			     (guint64)(PATIENCE * GST_MSECOND), NULL);
}

static void add_element(const char *id, PurpleMediaElementType type,
			gpointer create)
{
	purple_media_manager_set_active_element(
		purple_media_manager_get(),
		g_object_new(PURPLE_TYPE_MEDIA_ELEMENT_INFO, "id", id, "name",
			     id, "type", PURPLE_MEDIA_ELEMENT_AUDIO | type,
			     "create-cb", create, NULL));
}

/* ---- the call ---- */

bool sound_open(const char *play, const char *heard, sound_trouble *trouble,
		void *user, GError **err)
{
	SF_INFO info = {
		.samplerate = RATE,
		.channels = 1,
		.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16,
	};

	the.play = play;
	the.trouble = trouble;
	the.user = user;
	if (!heard)
		return true;
	the.file = sf_open(heard, SFM_WRITE, &info);
	if (the.file)
		return true;
	g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s",
		    heard, sf_strerror(NULL));
	return false;
}

void sound_offer(void)
{
	PurpleMediaManager *manager = purple_media_manager_get();

	add_element("mouth", PURPLE_MEDIA_ELEMENT_SRC |
				     PURPLE_MEDIA_ELEMENT_ONE_SRC |
				     PURPLE_MEDIA_ELEMENT_UNIQUE,
		    make_source);
	add_element("ear", PURPLE_MEDIA_ELEMENT_SINK |
				   PURPLE_MEDIA_ELEMENT_ONE_SINK,
		    make_sink);
	g_signal_connect(purple_media_manager_get_pipeline(manager),
			 "deep-element-added", G_CALLBACK(on_element), NULL);
}

void sound_close(void)
{
	g_mutex_lock(&the.lock);
	if (the.file)
		sf_close(the.file);
	the.file = NULL;
	g_mutex_unlock(&the.lock);
}

double sound_heard(void)
{
	return (double)the.samples / RATE;
}
