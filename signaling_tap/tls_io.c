#include "signaling_tap/tls_io.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>


enum { READ_BUFFER = 65536 };

const char *tap_tls_problem(void)
{
	unsigned long e = ERR_peek_error();
	const char *text = e ? ERR_reason_error_string(e) : NULL;

	ERR_clear_error();
	return text ? text : "no further reason";
}

static bool fail(GError **err, const char *what, const char *file)
{
	g_set_error(err, TAP_ERROR, TAP_ERROR_TLS, "%s %s: %s", what, file,
		    tap_tls_problem());
	return false;
}

static bool own_load(SSL_CTX *ctx, const tap_server_config *cfg, GError **err)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, cfg->cert) != 1)
		return fail(err, "certificate", cfg->cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, cfg->key, SSL_FILETYPE_PEM) != 1)
		return fail(err, "private key", cfg->key);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return fail(err, "private key does not fit the certificate",
			    cfg->key);
	return true;
}

static bool trust_load(SSL_CTX *ctx, const tap_server_config *cfg, GError **err)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	X509_LOOKUP *lookup;

	if (SSL_CTX_load_verify_file(ctx, cfg->ca) != 1)
		return fail(err, "CA certificate", cfg->ca);
	SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(cfg->ca));
	if (!cfg->crl)
		return true;
	lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
	if (!lookup || X509_load_crl_file(lookup, cfg->crl,
					  X509_FILETYPE_PEM) < 1)
		return fail(err, "revocation list", cfg->crl);
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	return true;
}

SSL_CTX *tap_tls_context(const tap_server_config *cfg, GError **err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	g_assert(ctx);
	ERR_clear_error();
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* One reading takes all that has come, not a record's head and then
	 * its rest. */
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_read_buffer_len(ctx, READ_BUFFER);
	if (own_load(ctx, cfg, err) && trust_load(ctx, cfg, err))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static bool uri_named(X509 *cert, const char *name)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
						NULL, NULL);
	bool hit = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *uri;

		if (n->type != GEN_URI)
			continue;
		uri = n->d.uniformResourceIdentifier;
		hit |= span_eq(span_of(ASN1_STRING_get0_data(uri),
				       (size_t)ASN1_STRING_length(uri)), name);
	}
	GENERAL_NAMES_free(names);
	return hit;
}

bool tap_tls_allowed(X509 *cert, const char *const *allow)
{
	const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
			       X509_CHECK_FLAG_NO_WILDCARDS;

	if (!allow)
		return true;
	for (; *allow; allow++)
		if (X509_check_host(cert, *allow, 0, flags, NULL) == 1 ||
		    X509_check_ip_asc(cert, *allow, flags) == 1 ||
		    uri_named(cert, *allow))
			return true;
	return false;
}

static int days_until(const ASN1_TIME *end)
{
	int days = 0, seconds = 0;

	if (!end || !ASN1_TIME_diff(&days, &seconds, NULL, end))
		return INT_MAX;
	return seconds < 0 ? days - 1 : days;
}

int tap_tls_days_left(SSL_CTX *ctx, tap_tls_what what)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	int least = INT_MAX;

	if (what == TAP_TLS_OWN)
		return days_until(
			X509_get0_notAfter(SSL_CTX_get0_certificate(ctx)));
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		const X509_OBJECT *o = sk_X509_OBJECT_value(all, i);
		const X509 *cert = X509_OBJECT_get0_X509(o);
		X509_CRL *crl = X509_OBJECT_get0_X509_CRL((X509_OBJECT *)o);

		if (what == TAP_TLS_CA && cert)
			least = MIN(least,
				    days_until(X509_get0_notAfter(cert)));
		if (what == TAP_TLS_CRL && crl)
			least = MIN(least,
				    days_until(X509_CRL_get0_nextUpdate(crl)));
	}
	return least;
}

char *tap_tls_subject(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *out;
	long n;

	X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
			   XN_FLAG_RFC2253);
	n = BIO_get_mem_data(bio, &text);
	out = g_strndup(text, n > 0 ? (size_t)n : 0);
	BIO_free(bio);
	return out;
}
