/* msg.h - as much of a SIP message (RFC 3261) as a phone needs. */
#pragma once
#include <glib.h>
#include <stdbool.h>

typedef struct phone_msg {
	char *head;	/* start line and header lines, with their CR LF */
	char *body;	/* NUL-terminated, "" when there is none */
	char *method;	/* of the request, or of the request answered */
	int status;	/* 0 for a request */
	unsigned cseq;
} phone_msg;

/* Cuts the first whole message off the stream; NULL until there is one. */
phone_msg *phone_msg_take(GString *stream);
void phone_msg_free(phone_msg *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(phone_msg, phone_msg_free)

/* Value of the first header of that name, or NULL; free with g_free(). */
char *phone_msg_header(const phone_msg *m, const char *name);
/* Copies every header line of that name to `to`, whole and in order. */
void phone_msg_copy(const phone_msg *m, const char *name, GString *to);
/* The URI inside <> or the bare one, without parameters of the header. */
char *phone_msg_uri(const char *value);
/* The tag parameter of a From or To value, or NULL. */
char *phone_msg_tag(const char *value);
