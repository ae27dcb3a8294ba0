#include "core/span.h"
#include "vault/vault.h"

const char *vlt_level_name(vlt_level l)
{
	static const char *const names[] = {
		[VLT_ROOM] = "there is room",
		[VLT_WARN] = "it fills up",
		[VLT_NO_EXPORTS] = "no exports",
		[VLT_REFUSE] = "calls that must be recorded are refused",
		[VLT_JOURNAL_ONLY] = "journals only, no recordings",
	};

	return names[l];
}

bool vlt_marks_parse(char **list, vlt_marks *out, GError **err)
{
	uint64_t before = 0, n;
	unsigned i = 0;

	for (; list[i] && i < VLT_JOURNAL_ONLY; i++) {
		if (!span_number(span_str(list[i]), 100, &n) || n <= before)
			break;
		out->at[i] = (uint8_t)n;
		before = n;
	}
	if (i == VLT_JOURNAL_ONLY && !list[i])
		return true;
	g_set_error(err, VLT_ERROR, VLT_ERROR_FILE,
		    "four rising percentages are needed, such as 80;90;95;97");
	return false;
}

vlt_level vlt_level_next(const vlt_marks *m, vlt_level before, unsigned percent)
{
	vlt_level up = VLT_ROOM, down = VLT_ROOM;

	for (unsigned i = 0; i < VLT_JOURNAL_ONLY; i++) {
		if (percent >= m->at[i])
			up = (vlt_level)(i + 1);
		if (percent + VLT_SLACK >= m->at[i])
			down = (vlt_level)(i + 1);
	}
	return before > up ? MIN(before, down) : up;
}
