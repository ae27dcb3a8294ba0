#include "app/leg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/limits.h"
#include "app/setup.h"
#include "core/confine.h"
#include "core/rights.h"
#include "decoder/lavc_io.h"
#include "decoder/plugin.h"

enum {
	STUCK_S = 10,	/* as in the role render */
	WHY = 256,
};

/* What the process that makes it has to say; shared with it. */
typedef struct word {
	bool done;
	clk_both begin;
	uint8_t boot[16];
	char why[WHY];
} word;

typedef struct maker {
	const conf *conf;
	const holding *holding;
	const ledger_told *told;
	const char *dir;
	word *word;
} maker;

/* ---- in the process of its own ---- */

static const mix_output stereo = {.format = MIX_WAV, .layout = MIX_STEREO,
				  .quality = -1};

/* As the recording was made, and what it left out stays out: settings may have
 * changed since. */
static bool configure(render_config *cfg, dec_plugins *plugins, const maker *m,
		      GError **err)
{
	if (!setup_sound(cfg, m->conf, err))
		return false;
	for (char **p = conf_list(m->conf, CONF_RENDER_PLUGINS); *p; p++)
		if (!dec_plugins_load(plugins, *p, err))
			return false;
	cfg->recordings = m->dir;
	cfg->pattern = "leg";
	cfg->outputs = &stereo;
	cfg->n_outputs = 1;
	cfg->rate = conf_number(m->conf, CONF_RENDER_RATE);
	cfg->picture = cfg->spectrogram = false;
	cfg->mute_hold |= m->told->mute_hold;
	cfg->mute_dtmf |= m->told->mute_dtmf;
	cfg->early_media = m->told->answered_ms &&
			   m->told->begin_ms < m->told->answered_ms;
	cfg->stuck_s = STUCK_S;
	cfg->dec = dec_config_default();
	cfg->dec.plugins = plugins;
	return true;
}

/* An incomplete journal, or one with keys of another recorder, would become
 * silence. */
static bool is_as_good(const render_result *r, const maker *m, GError **err)
{
	const uint64_t packets = r->dec.fate[DEC_MEDIA];
	const uint64_t told = (uint64_t)m->told->packets;
	const bool shut = packets < told && r->story->bad_keys;

	if (packets >= told && r->undecodable->len <= m->told->undecodable)
		return true;
	if (shut)
		g_set_error(err, SETUP_ERROR, SETUP_ERROR_VALUE,
			    "its keys do not open: %s", r->story->key_trouble);
	else if (packets < told)
		g_set_error(err, SETUP_ERROR, SETUP_ERROR_VALUE,
			    "its journal has %" G_GUINT64_FORMAT " of %"
			    G_GUINT64_FORMAT " packets", packets, told);
	else
		g_set_error(err, SETUP_ERROR, SETUP_ERROR_VALUE,
			    "there is no decoder for its codec");
	return false;
}

static bool shut_in(const maker *m, GError **err)
{
	const char *const read[] = {m->holding->journal, "/etc/localtime",
				    "/proc/self", "/dev/urandom",
				    "/proc/sys/kernel/random", NULL};
	const char *const write[] = {m->dir, NULL};
	const confine_plan plan = {.read = read, .write = write};

	video_quiet();
	(void)dec_lavc_load();
	limits_memory();
	return confine(&plan, err);
}

static bool make(const maker *m, GError **err)
{
	g_autoptr(dec_plugins) plugins = dec_plugins_new();
	g_autoptr(seal_key) key = seal_key_open(
		conf_text(m->conf, CONF_PRIVATE_KEY), err);
	render_config cfg = {.key = key};
	g_autoptr(render_call) r = NULL;
	const render_result *made;

	if (!key || !configure(&cfg, plugins, m, err) || !shut_in(m, err))
		return false;
	r = render_whole(&cfg, m->holding->journal, err);
	if (!r)
		return false;
	made = render_call_result(r);
	m->word->begin = made->begin;
	memcpy(m->word->boot, made->journal.boot, sizeof(m->word->boot));
	return is_as_good(made, m, err);
}

/* It has the keys, and reads octets of anybody's: it ends with its parent, is
 * in no core, and has none of the parent's files but standard error. */
static void live_apart(void)
{
	rights_hide_memory();
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_range(STDERR_FILENO + 1, ~0U, 0);
}

static int maker_run(const maker *m)
{
	g_autoptr(GError) err = NULL;

	live_apart();
	m->word->done = make(m, &err);
	if (!m->word->done)
		g_strlcpy(m->word->why, err->message, sizeof(m->word->why));
	return EXIT_SUCCESS;
}

/* ---- in the command ---- */

static bool say(GError **err, const char *why)
{
	g_set_error_literal(err, SETUP_ERROR, SETUP_ERROR_VALUE, why);
	return false;
}

static bool wait_for(pid_t pid, GError **err)
{
	g_autofree char *why = NULL;
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return say(err, g_strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return true;
	why = g_strdup_printf("its render was ended by signal %d",
			      WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return say(err, why);
}

static bool run_apart(const maker *m, GError **err)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return say(err, g_strerror(errno));
	if (pid == 0)
		_exit(maker_run(m));
	return wait_for(pid, err) &&
	       (m->word->done || say(err, m->word->why));
}

static bool take(leg *l, const maker *m, GError **err)
{
	g_autofree char *path = g_build_filename(m->dir, "leg.wav", NULL);

	if (!run_apart(m, err))
		return false;
	if (!leg_add(l, path, CALL_UNKNOWN))
		return say(err, "what was made of its journal cannot be read");
	l->begin = m->word->begin;
	memcpy(l->boot, m->word->boot, sizeof(l->boot));
	return true;
}

bool leg_from_journal(leg *l, const conf *c, const holding *h,
		      const ledger_told *told, const char *dir, GError **err)
{
	maker m = {c, h, told, dir, NULL};
	bool ok;

	if (!g_file_test(h->journal, G_FILE_TEST_IS_DIR))
		return say(err, "its journal is gone");
	m.word = mmap(NULL, sizeof(*m.word), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	g_assert(m.word != MAP_FAILED);
	ok = take(l, &m, err);
	munmap(m.word, sizeof(*m.word));
	return ok;
}
