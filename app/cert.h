/* cert.h - what an administrator has to know of our certificate. */
#pragma once
#include <glib.h>
#include <stdbool.h>

/* Whole days until the first certificate of a PEM file expires, negative if one
 * has; INT_MAX and an error if it cannot be read. */
int cert_days_left(const char *path, GError **err);
/* It begins to be valid later than now. False when that cannot be read. */
bool cert_is_to_come(const char *path);
/* Its subject alternative names (DNS, IP), or its common name; NULL-terminated,
 * free with g_strfreev(). NULL on error. */
char **cert_names(const char *path, GError **err);
/* It holds a revocation list in PEM. */
bool cert_revokes(const char *path, GError **err);
/* It belongs to this private key, and the PEM of the CAs holds a certificate.
 * False: `err` names what does not fit. */
bool cert_fits(const char *path, const char *key, const char *ca, GError **err);
