/* Targets: mix_name_expand */
#include "mixer/mix.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Pattern, caller and Call-ID, each ended by a NUL or by the end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	g_autofree char *text = g_malloc0(n + 3);
	const char *part[3];
	mix_name name = {.begun = {(int64_t)n * CLK_NS_PER_S}};
	g_autoptr(GError) err = NULL;
	g_autofree char *out = NULL;
	char *p = text;

	if (n)
		memcpy(text, data, n);
	for (int i = 0; i < 3; i++) {
		part[i] = p;
		p += strlen(p) + 1;
		if (p > text + n)
			p = text + n + 1;
	}
	name.caller = part[1];
	name.call = part[2];
	out = mix_name_expand(part[0], &name, &err);
	g_assert(!out == (err != NULL));
	if (!out)
		return 0;
	g_assert(*out && *out != '.' && *out != '-');
	g_assert(strlen(out) <= MIX_NAME_MAX);
	g_assert(!strpbrk(out, "/\\ \n\r\t\"'$`*?<>|;&\x01\x7f"));
	g_assert(g_utf8_validate(out, -1, NULL));
	return 0;
}
