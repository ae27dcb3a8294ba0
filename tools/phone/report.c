/* report.c - the JSON that the rig's scripts read. */
#include "tools/phone/report.h"

#include <stdio.h>

void phone_report_text(JsonBuilder *b, const char *name, const char *v)
{
	json_builder_set_member_name(b, name);
	json_builder_add_string_value(b, v ? v : "none");
}

void phone_report_int(JsonBuilder *b, const char *name, gint64 v)
{
	json_builder_set_member_name(b, name);
	json_builder_add_int_value(b, v);
}

void phone_report_real(JsonBuilder *b, const char *name, double v)
{
	json_builder_set_member_name(b, name);
	json_builder_add_double_value(b, v);
}

JsonBuilder *phone_report_new(void)
{
	return json_builder_begin_object(json_builder_new());
}

bool phone_report_write(JsonBuilder *b, const char *path, GError **err)
{
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL, *line = NULL;

	json_builder_end_object(b);
	root = json_builder_get_root(b);
	text = json_to_string(root, TRUE);
	line = g_strconcat(text, "\n", NULL);
	if (path)
		return g_file_set_contents(path, line, -1, err);
	fputs(line, stdout);
	return true;
}
