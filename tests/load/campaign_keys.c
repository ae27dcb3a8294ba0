/* The keys of the calls are known to who made them: are they anywhere? */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/load/campaign.h"
#include "tests/load/canary.h"

static void plant(campaign *p, const canary *c, const char *text,
		  const char *what)
{
	g_autofree char *path = load_rig_path(&p->rig, "spool/planted");
	g_autofree char *said = g_strdup_printf("one that is planted %s is "
						"found", what);

	g_file_set_contents(path, text, -1, NULL);
	load_score_say(&p->score, canary_files(c, p->rig.dir) == 1, said);
	unlink(path);
}

static void plant_all(campaign *p, const canary *c, unsigned n)
{
	static const char *const what[] = {"in base64", "in base64 behind one "
					   "octet", "in base64 behind two"};
	uint8_t blob[40] = {'x', 'y'};
	GString *hex = g_string_new("key ");

	load_key(n, CALL_CALLEE, blob + 2);
	for (int i = 0; i < 3; i++) {
		g_autofree char *b64 = g_base64_encode(blob + 2 - i, 30 + i);

		plant(p, c, b64, what[i]);
	}
	for (int i = 2; i < 32; i++)
		g_string_append_printf(hex, "%02X", blob[i]);
	plant(p, c, hex->str, "in hex");
	g_string_free(hex, TRUE);
}

static void look_at_rest(campaign *p)
{
	unsigned calls = MIN(p->calls, 50);
	canary *c = canary_new(0, calls);
	bool shown = false;

	load_score_say(&p->score, canary_files(c, p->rig.dir) == 0,
	       "no key of a call stands in any file");
	for (int i = 0; i < CAMPAIGN_ROLES; i++)
		shown |= canary_shown(c, p->role[i]);
	load_score_say(&p->score, !shown,
		       "nor in an environment or a command line");
	plant_all(p, c, calls - 1);
	canary_free(c);
}

/* A call that nobody ends: its keys are in memory. */
static canary *begin_last(campaign *p)
{
	canary *c = canary_new(p->calls, 1);
	bool held = false;

	for (load_step s = LOAD_INVITE; s <= LOAD_ACK; s++)
		for (int i = 0; i < CAMPAIGN_LAST_S &&
				!campaign_tell(p, p->calls, s); i++)
			g_usleep(1000000);
	for (int i = 0; i < 10 * CAMPAIGN_LAST_S && !held; i++) {
		g_usleep(100000);
		held = canary_alive(c, p->role[CAMPAIGN_RENDER]);
	}
	load_score_say(&p->score, held,
		       "render holds the keys of a call in progress");
	return c;
}

static void look_into_cores(campaign *p, const canary *c)
{
	pid_t open = canary_careless(p->calls, p->rig.dir);
	bool seen;

	g_usleep(200000);
	seen = canary_core(c, open, p->rig.dir) == 1;
	for (int i = 0; i < CAMPAIGN_ROLES; i++) {
		g_autofree char *what = g_strdup_printf(
			"no core that a debugger makes of %s holds them%s",
			campaign_role_name(i),
			seen ? "" : " # SKIP gcore makes none here");

		load_score_say(&p->score, !seen || !canary_core(c, p->role[i],
								p->rig.dir),
			       what);
	}
	kill(open, SIGKILL);
	waitpid(open, NULL, 0);
}

/* A role gives up its right to leave a core, which it had when it was started.
 * That none appears is then true whatever the kernel does; where Landlock hides
 * the directory none would anyhow, so the right is what is looked at. */
static void crash(campaign *p)
{
	pid_t open = canary_careless(p->calls, p->rig.dir);
	bool cores;

	load_score_say(&p->score, canary_may_dump(open),
		       "who does not give up its right to a core has it");
	for (int i = 0; i < CAMPAIGN_ROLES; i++) {
		g_autofree char *what = g_strdup_printf(
			"%s and what it started have none",
			campaign_role_name(i));

		load_score_say(&p->score, !canary_may_dump(p->role[i]), what);
	}
	g_usleep(200000);
	cores = canary_dumps(open);
	for (int i = 0; i < CAMPAIGN_ROLES; i++) {
		g_autofree char *what = g_strdup_printf(
			"%s leaves no core when it crashes%s",
			campaign_role_name(i),
			cores ? "" : " # SKIP nobody does here");

		load_score_say(&p->score, !canary_dumps(p->role[i]), what);
		p->role[i] = 0;
	}
}

void campaign_keys(campaign *p)
{
	canary *c;

	look_at_rest(p);
	c = begin_last(p);
	load_score_say(&p->score, canary_files(c, p->rig.dir) == 0,
		       "and no file does");
	look_into_cores(p, c);
	crash(p);
	canary_free(c);
}
