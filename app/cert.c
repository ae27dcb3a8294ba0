#include "app/cert.h"

#include <errno.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "app/setup.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)

static void *no(GError **err, const char *path, const char *why)
{
	g_set_error(err, SETUP_ERROR, SETUP_ERROR_VALUE, "%s: %s", path, why);
	return NULL;
}

static X509 *read_cert(const char *path, GError **err)
{
	FILE *f = fopen(path, "re");
	X509 *x;

	if (!f)
		return no(err, path, g_strerror(errno));
	x = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	return x ? x : no(err, path, "no certificate in PEM");
}

bool cert_revokes(const char *path, GError **err)
{
	FILE *f = fopen(path, "re");
	X509_CRL *x;

	if (!f)
		return no(err, path, g_strerror(errno));
	x = PEM_read_X509_CRL(f, NULL, NULL, NULL);
	fclose(f);
	if (!x)
		return no(err, path, "no revocation list in PEM");
	X509_CRL_free(x);
	return true;
}

/* A daemon cannot enter a pass phrase. */
static int no_phrase(char *to, int size, int write, void *user)
{
	(void)to, (void)size, (void)write, (void)user;
	return -1;
}

static EVP_PKEY *read_key(const char *path, GError **err)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *k;

	if (!f)
		return no(err, path, g_strerror(errno));
	k = PEM_read_PrivateKey(f, NULL, no_phrase, NULL);
	fclose(f);
	return k ? k : no(err, path, "no private key in PEM without a pass "
				     "phrase");
}

int cert_days_left(const char *path, GError **err)
{
	g_autoptr(X509) x = read_cert(path, err);
	int days = 0, secs = 0;

	if (!x)
		return INT_MAX;
	if (!ASN1_TIME_diff(&days, &secs, NULL, X509_get0_notAfter(x))) {
		no(err, path, "it has no end that can be read");
		return INT_MAX;
	}
	return secs < 0 ? days - 1 : days;
}

bool cert_is_to_come(const char *path)
{
	g_autoptr(X509) x = read_cert(path, NULL);
	int days = 0, secs = 0;

	return x && ASN1_TIME_diff(&days, &secs, NULL,
				   X509_get0_notBefore(x)) &&
	       (days > 0 || secs > 0);
}

static void add_name(GPtrArray *to, const GENERAL_NAME *n)
{
	int kind;
	const ASN1_STRING *s = GENERAL_NAME_get0_value(n, &kind);

	if (kind == GEN_DNS)
		g_ptr_array_add(to, g_strndup(
			(const char *)ASN1_STRING_get0_data(s),
			(gsize)ASN1_STRING_length(s)));
}

char **cert_names(const char *path, GError **err)
{
	g_autoptr(X509) x = read_cert(path, err);
	GPtrArray *a;
	GENERAL_NAMES *names;
	char cn[256];

	if (!x)
		return NULL;
	a = g_ptr_array_new();
	names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_name(a, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	if (!a->len && X509_NAME_get_text_by_NID(X509_get_subject_name(x),
						 NID_commonName, cn,
						 sizeof(cn)) > 0)
		g_ptr_array_add(a, g_strdup(cn));
	g_ptr_array_add(a, NULL);
	return (char **)g_ptr_array_free(a, FALSE);
}

bool cert_fits(const char *path, const char *key, const char *ca, GError **err)
{
	g_autoptr(X509) x = read_cert(path, err);
	g_autoptr(EVP_PKEY) k = x ? read_key(key, err) : NULL;
	g_autoptr(X509) root = k ? read_cert(ca, err) : NULL;

	if (!root)
		return false;
	if (X509_check_private_key(x, k) == 1)
		return true;
	no(err, key, "is not the private key of the certificate");
	return false;
}
