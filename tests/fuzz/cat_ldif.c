/* Targets: cat_ldif_next */
#include "catalog/ldif.h"
#include "catalog/users.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) users = NULL;
	cat_ldif_verdict v;
	cat_ldif_attr a;
	unsigned line = 0;
	cat_ldif l;

	cat_ldif_init(&l, span_of(data, n));
	do {
		v = cat_ldif_next(&l, &a);
		g_assert(a.line > line || v == CAT_LDIF_ENTRY_END ||
			 v == CAT_LDIF_END);
		if (v == CAT_LDIF_ATTR) {
			g_autofree char *text = cat_ldif_text(&a);

			line = a.line;
			g_assert(g_utf8_validate(text, -1, NULL));
			g_assert(span_holds(span_of(data, n), a.name));
		}
	} while (v == CAT_LDIF_ATTR || v == CAT_LDIF_ENTRY_END);
	users = cat_import_ldif(span_of(data, n), &err);
	g_assert((users != NULL) == (err == NULL));
	return 0;
}
