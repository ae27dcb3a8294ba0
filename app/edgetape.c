/* edgetape.c - one program, one table of subcommands. */
#include "app/app.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const app_command commands[] = {
	{"run", cmd_run, "all roles on this host, restarted when they die"},
	{"tap", cmd_tap, "answer the Front Ends and write session records"},
	{"capture", cmd_capture, "write the media of recorded calls to "
				 "journals"},
	{"render", cmd_render, "turn call journals into recordings"},
	{"keep", cmd_keep, "delete what is due and watch the disk"},
	{"replay", cmd_replay, "make recordings from captures and logs"},
	{"journal", cmd_journal, "print a call journal"},
	{"users", cmd_users, "the people whose calls may be recorded"},
	{"rules", cmd_rules, "who is recorded"},
	{"calls", cmd_calls, "each call and its outcome"},
	{"play", cmd_play, "listen to a recording"},
	{"export", cmd_export, "hand over recordings"},
	{"live", cmd_live, "calls in progress: list, pause, resume, mark"},
	{"explain", cmd_explain, "which rule decides, and why"},
	{"report", cmd_report, "is everybody recorded who has to be?"},
	{"audit", cmd_audit, "who changed what"},
	{"rebuild", cmd_rebuild, "make the ledger again from the recordings"},
	{"alarms", cmd_alarms, "what is wrong now, and what was wrong"},
	{"stats", cmd_stats, "print the counters of the roles"},
	{"check", cmd_check, "find all faults of a configuration"},
	{"keygen", cmd_keygen, "make the recorder's key pair"},
};

static void usage(FILE *to)
{
	fprintf(to, "usage: edgetape COMMAND [OPTION...]\n\n");
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].help);
	fprintf(to, "\n`edgetape COMMAND --help` lists its options, "
		    "`edgetape --version` says which\nedgetape this is; see "
		    "also edgetape(8).\n");
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
	if (!strcmp(argv[1], "--version")) {
		puts("edgetape " EDGETAPE_VERSION);
		return APP_OK;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "edgetape: no command \"%s\"\n", argv[1]);
	usage(stderr);
	return APP_USAGE;
}
