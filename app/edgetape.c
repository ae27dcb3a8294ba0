/* edgetape.c - one program, one table of subcommands. */
#include "app/app.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const app_command commands[] = {
	{"run", cmd_run, "all roles on this host, restarted when they die"},
	{"tap", cmd_tap, "answer the Front Ends and write session records"},
	{"capture", cmd_capture, "write relayed media to the call journals"},
	{"render", cmd_render, "turn call journals into recordings"},
	{"keep", cmd_keep, "delete what is due, watch the disk"},
	{"replay", cmd_replay, "render a captured call from files alone"},
	{"journal", cmd_journal, "print a call journal"},
	{"users", cmd_users, "whose calls these are"},
	{"rules", cmd_rules, "who is recorded"},
	{"calls", cmd_calls, "what became of each call"},
	{"play", cmd_play, "listen to a recording"},
	{"export", cmd_export, "recordings for somebody outside"},
	{"live", cmd_live, "calls in progress: list, pause, resume, mark"},
	{"explain", cmd_explain, "which rule decides, and why"},
	{"report", cmd_report, "is everybody recorded who has to be?"},
	{"audit", cmd_audit, "who changed what"},
	{"rebuild", cmd_rebuild, "make the ledger again from the recordings"},
	{"alarms", cmd_alarms, "what is wrong now, and what was"},
	{"stats", cmd_stats, "print the counters of the roles"},
	{"check", cmd_check, "tell all that is wrong with a configuration"},
	{"keygen", cmd_keygen, "make the recorder's key pair"},
};

static void usage(FILE *to)
{
	fprintf(to, "usage: edgetape COMMAND [OPTION...]\n\n");
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].help);
	fprintf(to, "\n`edgetape COMMAND --help` tells its options; see also "
		    "edgetape(8).\n");
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		usage(stderr);
		return APP_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return APP_OK;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "edgetape: no command \"%s\"\n", argv[1]);
	usage(stderr);
	return APP_USAGE;
}
