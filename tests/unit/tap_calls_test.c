/* The golden signalling logs give the dialogs, parties, candidates and keys
 * that their expected.json and the endpoints' own SDPs name; the table of calls
 * finds, limits and forgets them. */
#include <json-glib/json-glib.h>

#include "signaling_tap/textlog.h"
#include "tests/support/tap_script.h"

static char *file_text(const char *path, gsize *len)
{
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, len, NULL));
	return text;
}

static void play(tap_script *s, const char *path)
{
	tap_logged m;
	gsize len;
	g_autofree char *text = file_text(path, &len);
	span in = span_of(text, len);

	while (tap_textlog_next(&in, &m)) {
		const tap_source src = {m.note, false};

		s->now = clk_from_wall(m.at.ns);
		tap_calls_message(s->calls, s->now, &src, m.message,
				  &s->answer);
		g_assert_cmpint(s->answer.verdict, ==, TAP_PASS);
	}
	tap_calls_end_all(s->calls, s->now);
}

typedef struct golden {
	const char *dir;
	const char *caller, *callee;	/* address in expected.json */
	const char *told;
	const char *halves[4];		/* with %s for the key */
} golden;

static const golden goldens[] = {
	{
		"tests/golden/lync-pcmu", "10.97.1.10", "10.97.2.10",
		"3 begin 2625gB978a4930iCB76m429CtAF9Ab1909x7DD9x\n"
		"3 fact mode=copy\n"
		"3 fact caller.uri=sip:alice@rig.test\n"
		"3 fact caller.epid=48071abc53a0\n"
		"3 fact callee.uri=sip:bob@rig.test\n"
		"3 fact caller.agent=Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)\n"
		"3 fact direction=sip\n"
		"3 fact type=audio\n"
		"3 decision 1\n"
		"3 half 1 caller offer branch=\n"
		"3 fact callee.agent=Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)\n"
		"3 state 1 180 6467453127\n"
		"3 half 2 callee answer branch=6467453127\n"
		"3 state 3 200 6467453127\n"
		"3 state 4 0 6467453127\n"
		"3 half 3 caller offer branch=6467453127\n"
		"3 half 4 callee answer branch=6467453127\n"
		"3 end cause=5 side=2 status=0\n",
		{
			"1 caller offer [0.0 audio RTP/AVP 10.97.1.10:47276/"
			"10.97.1.10:45310 flow0 rec ufrag=BBXu 105=SPEEX/16000 "
			"106=SPEEX/8000 96=OPUS/48000 97=SIREN/16000 "
			"0=PCMU/8000 8=PCMA/8000 14=MPA-ROBUST/90000 "
			"3=GSM/8000 98=G726-16/8000 9=G722/8000 99=AMR/8000 "
			"10=L16/44100 100=telephone-event/48000 "
			"101=telephone-event/16000 102=telephone-event/8000 "
			"103=telephone-event/90000 104=telephone-event/44100 "
			"cand1:0:10.97.1.10:47276 cand2:0:10.97.1.10:45310 "
			"cand1:3:10.97.3.10:50725 cand2:3:10.97.3.10:55984 "
			"cand1:0:10.97.1.10:44943 cand2:0:10.97.1.10:44943 "
			"cand1:0:10.97.1.10:44943 cand2:0:10.97.1.10:44943 "
			"key1:%s]",
			"2 callee answer [0.0 audio RTP/SAVP 10.97.2.10:48919/"
			"10.97.2.10:48003 flow0 rec ufrag=tH7a 0=PCMU/8000 "
			"102=telephone-event/8000 cand1:0:10.97.2.10:48919 "
			"cand2:0:10.97.2.10:48003 cand1:3:10.97.3.10:52181 "
			"cand2:3:10.97.3.10:54491 cand1:0:10.97.2.10:41758 "
			"cand2:0:10.97.2.10:41758 cand1:0:10.97.2.10:41758 "
			"cand2:0:10.97.2.10:41758 key1:%s]",
			"3 caller offer [0.0 audio RTP/SAVP 10.97.3.10:50725/"
			"10.97.3.10:55984 flow0 rec ufrag=BBXu 0=PCMU/8000 "
			"102=telephone-event/8000 cand1:3:10.97.3.10:50725 "
			"cand2:3:10.97.3.10:55984 key1:%s]",
			"4 callee answer [0.0 audio RTP/SAVP 10.97.3.10:52181/"
			"10.97.3.10:54491 flow0 rec ufrag=tH7a 0=PCMU/8000 "
			"102=telephone-event/8000 cand1:3:10.97.3.10:52181 "
			"cand2:3:10.97.3.10:54491 key1:%s]",
		},
	},
	{
		"tests/golden/lync-siren", "10.97.1.10", "10.97.2.10",
		"3 begin 1F37gB608aC361iC9F4m75CDt54DBbAB54x15D6x\n"
		"3 fact mode=copy\n"
		"3 fact caller.uri=sip:alice@rig.test\n"
		"3 fact caller.epid=48071abc53a0\n"
		"3 fact callee.uri=sip:bob@rig.test\n"
		"3 fact caller.agent=Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)\n"
		"3 fact direction=sip\n"
		"3 fact type=audio\n"
		"3 decision 1\n"
		"3 half 1 caller offer branch=\n"
		"3 fact callee.agent=Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)\n"
		"3 state 1 180 5522265303\n"
		"3 half 2 callee answer branch=5522265303\n"
		"3 state 3 200 5522265303\n"
		"3 state 4 0 5522265303\n"
		"3 half 3 caller offer branch=5522265303\n"
		"3 half 4 callee answer branch=5522265303\n"
		"3 end cause=5 side=2 status=0\n",
		{
			"1 caller offer [0.0 audio RTP/AVP 10.97.1.10:42144/"
			"10.97.1.10:45404 flow0 rec ufrag=91WJ 105=SPEEX/16000 "
			"106=SPEEX/8000 96=OPUS/48000 97=SIREN/16000 "
			"0=PCMU/8000 8=PCMA/8000 14=MPA-ROBUST/90000 "
			"3=GSM/8000 98=G726-16/8000 9=G722/8000 99=AMR/8000 "
			"10=L16/44100 100=telephone-event/48000 "
			"101=telephone-event/16000 102=telephone-event/8000 "
			"103=telephone-event/90000 104=telephone-event/44100 "
			"cand1:0:10.97.1.10:42144 cand2:0:10.97.1.10:45404 "
			"cand1:3:10.97.3.10:55153 cand2:3:10.97.3.10:59748 "
			"cand1:0:10.97.1.10:44178 cand2:0:10.97.1.10:44178 "
			"cand1:0:10.97.1.10:44178 cand2:0:10.97.1.10:44178 "
			"key1:%s]",
			"2 callee answer [0.0 audio RTP/SAVP 10.97.2.10:42812/"
			"10.97.2.10:42757 flow0 rec ufrag=kkVP 97=SIREN/16000 "
			"cand1:0:10.97.2.10:42812 cand2:0:10.97.2.10:42757 "
			"cand1:3:10.97.3.10:50036 cand2:3:10.97.3.10:51795 "
			"cand1:0:10.97.2.10:42614 cand2:0:10.97.2.10:42614 "
			"cand1:0:10.97.2.10:42614 cand2:0:10.97.2.10:42614 "
			"key1:%s]",
			"3 caller offer [0.0 audio RTP/SAVP 10.97.3.10:55153/"
			"10.97.3.10:59748 flow0 rec ufrag=91WJ 97=SIREN/16000 "
			"cand1:3:10.97.3.10:55153 cand2:3:10.97.3.10:59748 "
			"key1:%s]",
			"4 callee answer [0.0 audio RTP/SAVP 10.97.3.10:50036/"
			"10.97.3.10:51795 flow0 rec ufrag=kkVP 97=SIREN/16000 "
			"cand1:3:10.97.3.10:50036 cand2:3:10.97.3.10:51795 "
			"key1:%s]",
		},
	},
};

static char *golden_key(const char *dir, const char *addr)
{
	g_autofree char *path = g_build_filename(dir, "expected.json", NULL);
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *keys;

	g_assert_true(json_parser_load_from_file(parser, path, NULL));
	keys = json_object_get_object_member(
		json_node_get_object(json_parser_get_root(parser)), "keys");
	return g_strdup(json_object_get_string_member(keys, addr));
}

static void test_golden(gconstpointer data)
{
	const golden *g = data;
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);
	g_autofree char *path = g_build_filename(g->dir, "signalling.txt",
						 NULL);

	play(s, path);
	g_assert_cmpstr(s->told->str, ==, g->told);
	g_assert_cmpuint(s->halves->len, ==, 4);
	for (unsigned i = 0; i < 4; i++) {
		g_autofree char *key = golden_key(g->dir, i % 2 ? g->callee :
								  g->caller);
		g_auto(GStrv) cut = g_strsplit(g->halves[i], "%s", 2);
		g_autofree char *want = g_strjoinv(key, cut);

		g_assert_cmpstr(s->halves->pdata[i], ==, want);
	}
	g_assert_cmpuint(tap_script_counter(s, "im-sessions"), ==, 2);
	g_assert_cmpuint(tap_script_counter(s, "repeated"), ==, 7);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/tap/calls/lync-pcmu", &goldens[0], test_golden);
	g_test_add_data_func("/tap/calls/lync-siren", &goldens[1],
			     test_golden);
	return g_test_run();
}
