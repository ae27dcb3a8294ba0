/* libsrtp.c - preloaded, says once when libsrtp2 has opened a packet. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

int srtp_unprotect(void *session, void *packet, int *len);

int srtp_unprotect(void *session, void *packet, int *len)
{
	static const char text[] = "libsrtp2 opened a packet\n";
	static int (*real)(void *, void *, int *);
	static int said;
	int status;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "srtp_unprotect");
	status = real(session, packet, len);
	if (status == 0 && !said++)
		(void)!write(2, text, sizeof(text) - 1);
	return status;
}
