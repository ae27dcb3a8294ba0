#include "core/record.h"

static call_half *sample_half(void)
{
	call_half *h = call_half_new();
	call_media *m = call_half_add_media(h);
	call_cand cand = {.component = 1, .type = CALL_CAND_RELAY,
			  .transport = CALL_TCP_ACT, .priority = 174848511,
			  .addr = net_addr_from(4, (uint8_t[]){203, 0, 113, 67},
						56148),
			  .id = "4"};
	call_payload pay = {.pt = 112, .channels = 1, .clock = 16000,
			    .name = "G7221", .fmtp = "bitrate=24000"};
	call_crypto crypto = {.tag = 2, .mki_len = 1, .mki = 1,
			      .suite = "AES_CM_128_HMAC_SHA1_80"};
	call_ssrcs ssrcs = {5, 9};

	h->serial = 7;
	h->side = CALL_CALLEE;
	h->answer = true;
	g_strlcpy(h->branch, "b1", sizeof(h->branch));
	m->record = true;
	m->flow = CALL_SENDONLY;
	g_strlcpy(m->kind, "audio", sizeof(m->kind));
	g_strlcpy(m->proto, "RTP/SAVP", sizeof(m->proto));
	g_strlcpy(m->ufrag, "XjAK", sizeof(m->ufrag));
	m->rtp = cand.addr;
	g_array_append_val(m->cands, cand);
	g_array_append_val(m->payloads, pay);
	g_assert_true(secret_set(&crypto.key, span_str(
			"0123456789abcdef0123456789abcd")));
	g_array_append_val(m->cryptos, crypto);
	g_array_append_val(m->ssrcs, ssrcs);
	call_half_add_media(h);
	return h;
}

static void test_half(void)
{
	g_autoptr(call_half) h = sample_half();
	g_autoptr(call_half) got = NULL;
	uint8_t buf[4096], keys[256];
	put o = put_into(buf, sizeof(buf)), k = put_into(keys, sizeof(keys));
	call_media *m;

	rec_half_put(&o, h);
	rec_keys_put(&k, h);
	g_assert_false(o.full || k.full);
	/* The key is in the keys and nowhere else. */
	g_assert_null(memmem(buf, o.n, "0123456789abcdef", 16));
	g_assert_nonnull(memmem(keys, k.n, "0123456789abcdef", 16));

	got = rec_half_get(put_done(&o));
	g_assert_nonnull(got);
	g_assert_cmpuint(got->serial, ==, 7);
	g_assert_cmpint(got->side, ==, CALL_CALLEE);
	g_assert_true(got->answer && !got->early);
	g_assert_cmpstr(got->branch, ==, "b1");
	g_assert_cmpuint(got->media->len, ==, 2);
	m = CALL_MEDIA(got, 0);
	g_assert_cmpstr(m->ufrag, ==, "XjAK");
	g_assert_cmpint(m->flow, ==, CALL_SENDONLY);
	g_assert_true(net_addr_same(&CALL_CAND(m, 0)->addr, &m->rtp));
	g_assert_cmpint(CALL_CAND(m, 0)->transport, ==, CALL_TCP_ACT);
	g_assert_cmpstr(CALL_PAYLOAD(m, 0)->fmtp, ==, "bitrate=24000");
	g_assert_cmpuint(CALL_SSRCS(m, 0)->hi, ==, 9);
	g_assert_cmpuint(CALL_CRYPTO(m, 0)->key.len, ==, 0);
	g_assert_true(rec_keys_get(put_done(&k), got));
	g_assert_true(secret_same(&CALL_CRYPTO(m, 0)->key,
				  &CALL_CRYPTO(CALL_MEDIA(h, 0), 0)->key));
	for (size_t cut = 0; cut < o.n; cut++)
		g_assert_null(rec_half_get(span_of(buf, cut)));
}

static void add_cand(call_media *m, call_cand_type type, bool draft06,
		     const char *id)
{
	call_cand c = {.component = 1, .type = (uint8_t)type,
		       .draft06 = draft06};

	g_strlcpy(c.id, id, sizeof(c.id));
	g_array_append_val(m->cands, c);
}

/* What capture is told lacks only what it does not look at. */
static void test_paths(void)
{
	g_autoptr(call_half) h = sample_half();
	g_autoptr(call_half) got = NULL;
	call_media *m = CALL_MEDIA(h, 1);
	uint8_t buf[4096];
	put o = put_into(buf, sizeof(buf));

	add_cand(m, CALL_CAND_HOST, false, "1");	/* the first stays */
	add_cand(m, CALL_CAND_SRFLX, false, "2");
	add_cand(m, CALL_CAND_RELAY, false, "3");
	add_cand(m, CALL_CAND_RELAY, false, "3");
	add_cand(m, CALL_CAND_UNTYPED, true, "x");
	add_cand(m, CALL_CAND_UNTYPED, true, "x");
	add_cand(m, CALL_CAND_UNTYPED, true, "y");
	rec_half_put_paths(&o, h);
	g_assert_false(o.full);
	got = rec_half_get(put_done(&o));
	g_assert_nonnull(got);
	g_assert_cmpuint(got->serial, ==, 7);
	m = CALL_MEDIA(got, 0);
	g_assert_true(m->record);
	g_assert_cmpstr(m->ufrag, ==, "XjAK");
	g_assert_cmpuint(m->cands->len, ==, 1);
	g_assert_cmpuint(m->ssrcs->len, ==, 1);
	g_assert_cmpuint(m->payloads->len + m->cryptos->len, ==, 0);
	m = CALL_MEDIA(got, 1);
	g_assert_cmpuint(m->cands->len, ==, 5);
	for (guint i = 0; i < 5; i++) {
		static const char *const ids[] = {"1", "3", "3", "x", "y"};

		g_assert_cmpstr(CALL_CAND(m, i)->id, ==, ids[i]);
	}
}

/* Payload types are among what capture looks at where m= lines share a
 * transport: by their ufrag, or by where no candidates say more. */
static void test_shared(void)
{
	static const struct {
		const char *ufrag[2], *rtp[2];
		bool shares;
	} cases[] = {
		{{"a", "a"}, {"192.0.2.1:9", "192.0.2.1:9"}, true},
		{{"a", "b"}, {"192.0.2.1:50", "192.0.2.1:50"}, false},
		{{"a", ""}, {"192.0.2.1:50", "192.0.2.1:50"}, true},
		{{"", ""}, {"192.0.2.1:50", "192.0.2.1:50"}, true},
		{{"", ""}, {"192.0.2.1:50", "192.0.2.1:52"}, false},
		{{"", ""}, {"192.0.2.1:9", "192.0.2.1:9"}, false},
		{{"", ""}, {"0.0.0.0:50", "0.0.0.0:50"}, false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(call_half) h = call_half_new(), got = NULL;
		const call_payload opus = {.pt = 111, .name = "opus"};
		const call_crypto key = {.tag = 1};
		uint8_t buf[4096];
		put o = put_into(buf, sizeof(buf));

		for (int k = 0; k < 2; k++) {
			call_media *m = call_half_add_media(h);

			g_strlcpy(m->ufrag, cases[i].ufrag[k],
				  sizeof(m->ufrag));
			g_assert_true(net_addr_parse_port(
				span_str(cases[i].rtp[k]), &m->rtp));
			g_array_append_val(m->payloads, opus);
			g_array_append_val(m->cryptos, key);
		}
		rec_half_put_paths(&o, h);
		got = rec_half_get(put_done(&o));
		g_assert_nonnull(got);
		g_assert_cmpuint(CALL_MEDIA(got, 1)->payloads->len, ==,
				 cases[i].shares);
		g_assert_cmpuint(CALL_MEDIA(got, 0)->cryptos->len, ==, 0);
		if (cases[i].shares)
			g_assert_cmpuint(
				CALL_PAYLOAD(CALL_MEDIA(got, 0), 0)->pt, ==,
				111);
		CALL_MEDIA(h, 1)->part = 1;
		g_assert_false(call_media_shares(h, CALL_MEDIA(h, 0)));
	}
}

static void test_foreign_keys(void)
{
	g_autoptr(call_half) h = sample_half();
	uint8_t bad_media[] = {2, 0, 1, 'x'}, bad_line[] = {0, 1, 1, 'x'},
		too_long[3 + 200] = {0, 0, 200};

	g_assert_false(rec_keys_get(span_of(bad_media, 4), h));
	g_assert_false(rec_keys_get(span_of(bad_line, 4), h));
	g_assert_false(rec_keys_get(span_of(too_long, 203), h));
	g_assert_false(rec_keys_get(span_of(bad_media, 2), h));
}

static void test_text_records(void)
{
	uint8_t buf[256];
	put o = put_into(buf, sizeof(buf));
	rec_decision d = {true, true, false, span_str("sip:a@b"),
			  span_str("because"), 0, REC_ASK_NONE}, got;
	rec_end end = {REC_BYE, CALL_CALLER, 200, span_str("bye")}, got_end;

	rec_decision_put(&o, &d);
	g_assert_true(rec_decision_get(put_done(&o), &got));
	g_assert_true(got.record && got.audio && !got.video);
	g_assert_true(span_eq(got.rule, "sip:a@b"));
	for (size_t cut = 0; cut < o.n; cut++)
		g_assert_false(rec_decision_get(span_of(buf, cut), &got));
	o = put_into(buf, sizeof(buf));
	rec_end_put(&o, &end);
	g_assert_true(rec_end_get(put_done(&o), &got_end));
	g_assert_cmpint(got_end.status, ==, 200);
	for (size_t cut = 0; cut < o.n; cut++)
		g_assert_false(rec_end_get(span_of(buf, cut), &got_end));
}

/* Whole it is read, cut at any octet it is not. The input is a copy of its own
 * length, so that a sanitizer sees an octet too far. */
#define CHECK_CUTS(kind, o)                                                    \
	for (size_t cut = 0; cut <= (o).n; cut++) {                            \
		g_autofree uint8_t *copy = g_memdup2((o).p, cut);              \
		rec_##kind got;                                                \
									       \
		g_assert_cmpint(rec_##kind##_get(span_of(copy, cut), &got),    \
				==, cut == (o).n);                             \
	}

static void test_cuts(void)
{
	const rec_begin begin = {span_str("a@b"), span_str("t"),
				 span_str("fe")};
	const rec_fact fact = {span_str("caller.uri"), span_str("sip:a@b")};
	const rec_progress progress = {REC_ANSWERED, 200, span_str("x")};
	const rec_control control = {REC_TAG, CALL_CALLEE, span_str("who"),
				     span_str("why")};
	const rec_flow flow = {.flow = 1, .packets = 2, .stored = 1};
	const rec_loss loss = {REC_LOSS_DISK, 3, {4}, {5}};
	uint8_t buf[256];
	put o = put_into(buf, sizeof(buf));

	rec_begin_put(&o, &begin);
	CHECK_CUTS(begin, o);
	o = put_into(buf, sizeof(buf));
	rec_fact_put(&o, &fact);
	CHECK_CUTS(fact, o);
	o = put_into(buf, sizeof(buf));
	rec_progress_put(&o, &progress);
	CHECK_CUTS(progress, o);
	o = put_into(buf, sizeof(buf));
	rec_control_put(&o, &control);
	CHECK_CUTS(control, o);
	o = put_into(buf, sizeof(buf));
	rec_flow_put(&o, &flow);
	CHECK_CUTS(flow, o);
	o = put_into(buf, sizeof(buf));
	rec_loss_put(&o, &loss);
	CHECK_CUTS(loss, o);
}

static void test_packet(void)
{
	uint8_t head[REC_PACKET_HEAD], buf[128];
	put h = put_into(head, sizeof(head)), o = put_into(buf, sizeof(buf));
	pkt p = {.side = CALL_UNKNOWN, .media = 1, .leg = PKT_LEG_RELAYED,
		 .why = PKT_WHY_UFRAG, .flow = 77}, got;
	clk_both at = clk_from_wall(42);
	jrn_rec r;
	span s;

	rec_packet_put_head(&h, &p);
	g_assert_cmpuint(h.n, ==, REC_PACKET_HEAD);
	jrn_rec_put(&o, &(jrn_rec){JRN_PACKET, 0, at, put_done(&h)},
		    span_str("rtp"));
	s = put_done(&o);
	g_assert_cmpint(jrn_rec_next(&s, &r), ==, JRN_OK);
	g_assert_true(rec_packet_get(&r, &got));
	g_assert_cmpuint(got.flow, ==, 77);
	g_assert_cmpint(got.at.wall.ns, ==, 42);
	g_assert_true(span_eq(got.bytes, "rtp"));
}

static void test_tally(void)
{
	uint8_t buf[128];
	put o = put_into(buf, sizeof(buf));
	rec_tally t = {.from = {-5}, .stored = 1, .late = 2, .not_recorded = 3,
		       .copies = {4, 5, 6, 7, 8, 9}, .frames = 10,
		       .unclaimed = 11, .malformed = 12, .tcp_gaps = 13,
		       .fragments_lost = UINT64_MAX}, got;

	rec_tally_put(&o, &t);
	g_assert_cmpuint(o.n, ==, 15 * 8);
	g_assert_true(rec_tally_get(put_done(&o), &got));
	g_assert_cmpmem(&got, sizeof(got), &t, sizeof(t));
	for (size_t cut = 0; cut < o.n; cut++)
		g_assert_false(rec_tally_get(span_of(buf, cut), &got));
}

static void test_watch(void)
{
	uint8_t buf[16];
	put o = put_into(buf, sizeof(buf));
	const rec_watch w = {-7};
	rec_watch got;

	rec_watch_put(&o, &w);
	g_assert_true(rec_watch_get(put_done(&o), &got));
	g_assert_cmpint(got.age_ns, ==, -7);
	for (size_t cut = 0; cut < o.n; cut++)
		g_assert_false(rec_watch_get(span_of(buf, cut), &got));
}

static void test_arm(void)
{
	uint8_t buf[256];
	put o = put_into(buf, sizeof(buf));
	jrn_rec r;
	span call;

	rec_arm_put(&o, "20261121T000000Z-0011223344556677", JRN_END,
		    clk_from_wall(1), span_str("x"));
	g_assert_true(rec_arm_get(put_done(&o), &call, &r));
	g_assert_true(span_eq(call, "20261121T000000Z-0011223344556677"));
	g_assert_cmpint(r.type, ==, JRN_END);
	for (size_t cut = 0; cut < o.n; cut++)
		g_assert_false(rec_arm_get(span_of(buf, cut), &call, &r));
}

static void test_name(void)
{
	char a[REC_NAME], b[REC_NAME];
	clk_wall t = {1700000000LL * CLK_NS_PER_S};

	rec_call_name(t, span_str("id"), span_str("tag"), a);
	g_assert_cmpuint(strlen(a), ==, 33);
	g_assert_true(g_str_has_prefix(a, "20231114T221320Z-"));
	/* The boundary between the two texts counts. */
	rec_call_name(t, span_str("idt"), span_str("ag"), b);
	g_assert_cmpstr(a, !=, b);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/record/half", test_half);
	g_test_add_func("/core/record/paths", test_paths);
	g_test_add_func("/core/record/shared", test_shared);
	g_test_add_func("/core/record/foreign-keys", test_foreign_keys);
	g_test_add_func("/core/record/text", test_text_records);
	g_test_add_func("/core/record/cuts", test_cuts);
	g_test_add_func("/core/record/packet", test_packet);
	g_test_add_func("/core/record/tally", test_tally);
	g_test_add_func("/core/record/watch", test_watch);
	g_test_add_func("/core/record/arm", test_arm);
	g_test_add_func("/core/record/name", test_name);
	return g_test_run();
}
