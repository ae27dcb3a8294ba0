#include "tests/support/tap_certs.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct identity {
	EVP_PKEY *key;
	X509 *cert;
} identity;

static char *dir;
static long serial = 1;

const char *tap_certs_file(const char *name)
{
	g_autofree char *path = g_build_filename(tap_certs_dir(), name, NULL);

	return g_intern_string(path);
}

static void extension_add(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	g_assert_nonnull(e);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

static identity make(const char *cn, const char *san, const identity *issuer,
		     long from, long to)
{
	identity me = {EVP_EC_gen("P-256"), X509_new()};
	X509_NAME *name = X509_get_subject_name(me.cert);

	X509_set_version(me.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(me.cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(me.cert), from);
	X509_gmtime_adj(X509_getm_notAfter(me.cert), to);
	X509_set_pubkey(me.cert, me.key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(me.cert, issuer ?
			     X509_get_subject_name(issuer->cert) : name);
	if (san)
		extension_add(me.cert, NID_subject_alt_name, san);
	else
		extension_add(me.cert, NID_basic_constraints,
			      "critical,CA:TRUE");
	X509_sign(me.cert, issuer ? issuer->key : me.key, EVP_sha256());
	return me;
}

static void save(const identity *me, const char *name)
{
	g_autofree char *crt = g_strconcat(name, ".crt", NULL);
	g_autofree char *key = g_strconcat(name, ".key", NULL);
	FILE *f = fopen(tap_certs_file(crt), "w");

	g_assert_nonnull(f);
	PEM_write_X509(f, me->cert);
	fclose(f);
	f = fopen(tap_certs_file(key), "w");
	g_assert_nonnull(f);
	PEM_write_PrivateKey(f, me->key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

static void done(identity *me)
{
	EVP_PKEY_free(me->key);
	X509_free(me->cert);
}

static void crl_save(const identity *ca, X509 *revoked)
{
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *now = X509_gmtime_adj(NULL, -60);
	ASN1_TIME *next = X509_gmtime_adj(NULL, 86400);
	FILE *f = fopen(tap_certs_file("crl.pem"), "w");

	g_assert_nonnull(f);
	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, next);
	X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(revoked));
	X509_REVOKED_set_revocationDate(r, now);
	X509_CRL_add0_revoked(crl, r);
	X509_CRL_sign(crl, ca->key, EVP_sha256());
	PEM_write_X509_CRL(f, crl);
	fclose(f);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
	X509_CRL_free(crl);
}

static void make_all(void)
{
	const long day = 86400;
	identity ca = make("Test CA", NULL, NULL, -day, day);
	identity otherca = make("Other CA", NULL, NULL, -day, day);
	identity server = make("tap", "DNS:localhost,IP:127.0.0.1", &ca, -day,
			       day);
	identity good = make("fe1", "DNS:fe1.example", &ca, -day, day);
	identity wrong = make("fe1.example", "DNS:desk.example", &ca, -day,
			      day);
	identity expired = make("fe1", "DNS:fe1.example", &ca, -2 * day, -day);
	identity revoked = make("fe2", "DNS:fe1.example", &ca, -day, day);
	identity other = make("fe1", "DNS:fe1.example", &otherca, -day, day);
	struct {
		identity *who;
		const char *name;
	} all[] = {
		{&ca, "ca"}, {&otherca, "otherca"}, {&server, "server"},
		{&good, "good"}, {&wrong, "wrongname"}, {&expired, "expired"},
		{&revoked, "revoked"}, {&other, "other"},
	};

	crl_save(&ca, revoked.cert);
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		save(all[i].who, all[i].name);
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		done(all[i].who);
}

void tap_certs_left(int days)
{
	const long day = 86400;
	identity ca = make("Left CA", NULL, NULL, -100 * day, 1000 * day);
	identity left = make("tap", "DNS:localhost,IP:127.0.0.1", &ca,
			     -100 * day, days * day + day / 2);

	save(&ca, "leftca");
	save(&left, "left");
	done(&ca);
	done(&left);
}

const char *tap_certs_dir(void)
{
	if (!dir) {
		dir = g_dir_make_tmp("tap-certs-XXXXXX", NULL);
		g_assert_nonnull(dir);
		make_all();
	}
	return dir;
}

void tap_certs_clear(void)
{
	const char *name;
	GDir *d;

	if (!dir)
		return;
	d = g_dir_open(dir, 0, NULL);
	while ((name = g_dir_read_name(d)))
		g_unlink(tap_certs_file(name));
	g_dir_close(d);
	g_rmdir(dir);
	g_clear_pointer(&dir, g_free);
}

static gint warnings;

static GLogWriterOutput quiet(GLogLevelFlags level, const GLogField *fields,
			      gsize n, gpointer user)
{
	(void)fields;
	(void)n;
	(void)user;
	if (level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL))
		g_atomic_int_inc(&warnings);
	return G_LOG_WRITER_HANDLED;
}

int tap_certs_warnings(void)
{
	return g_atomic_int_get(&warnings);
}

void tap_certs_quiet(void)
{
	g_log_set_writer_func(quiet, NULL, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK);
}

static int client_socket(guint16 port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	struct timeval limit = {10, 0}, brief = {0, 20000};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int small = 65536, on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* Buffers that do not grow: back-pressure shows early. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		return -1;
	}
	/* Not before: it is a limit for connect() as well, too short where much
	 * else runs. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof(brief));
	return fd;
}

SSL *tap_client_new(guint16 port, const char *cert, int max_version)
{
	const int fd = client_socket(port);
	SSL_CTX *ctx;
	SSL *ssl;

	if (fd < 0)
		return NULL;
	ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_load_verify_file(ctx, tap_certs_file("ca.crt"));
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_max_proto_version(ctx, max_version);
	if (cert) {
		g_autofree char *crt = g_strconcat(cert, ".crt", NULL);
		g_autofree char *key = g_strconcat(cert, ".key", NULL);

		g_assert_cmpint(SSL_CTX_use_certificate_file(
			ctx, tap_certs_file(crt), SSL_FILETYPE_PEM), ==, 1);
		g_assert_cmpint(SSL_CTX_use_PrivateKey_file(
			ctx, tap_certs_file(key), SSL_FILETYPE_PEM), ==, 1);
	}
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_fd(ssl, fd);
	if (SSL_connect(ssl) == 1)
		return ssl;
	tap_client_free(ssl);
	return NULL;
}

void tap_client_free(SSL *ssl)
{
	int fd;

	if (!ssl)
		return;
	fd = SSL_get_fd(ssl);
	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
}
