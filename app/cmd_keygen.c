#include "app/app.h"

#include <stdio.h>

#include "core/seal.h"

int cmd_keygen(int argc, char **argv)
{
	static const GOptionEntry none[] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};
	g_autoptr(GError) err = NULL;
	int status;

	if (!app_options("keygen", "PATH",
			 "Makes the recorder's key pair: PATH.key, which only "
			 "render may read,\nand PATH.pub, to which the tap "
			 "seals the media keys.",
			 none, &argc, &argv, &status))
		return status;
	if (argc != 2) {
		fprintf(stderr, "edgetape keygen: give one path; see --help\n");
		return APP_USAGE;
	}
	if (!seal_generate(argv[1], &err))
		return app_fail("keygen", err);
	printf("%s.key (keep it safe: without it no recording can be made)\n"
	       "%s.pub\n",
	       argv[1], argv[1]);
	return APP_OK;
}
