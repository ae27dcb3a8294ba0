#include "app/whole_io.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <unistd.h>

enum { MODE = 0640 };

static bool write_all(int fd, const char *data, size_t n)
{
	while (n) {
		const ssize_t done = write(fd, data, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		data += done;
		n -= (size_t)done;
	}
	return fdatasync(fd) == 0;
}

static bool write_part(const char *part, const char *data, size_t n)
{
	const int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
				  O_CLOEXEC, MODE);
	bool ok;
	int no;

	if (fd < 0)
		return false;
	ok = write_all(fd, data, n);
	no = errno;
	close(fd);
	errno = no;
	return ok;
}

bool whole_write(const char *path, const char *data, size_t n, GError **err)
{
	g_autofree char *part = g_strconcat(path, ".part", NULL);

	if (write_part(part, data, n) && rename(part, path) == 0)
		return true;
	g_set_error(err, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
		    "%s: %s", path, g_strerror(errno));
	return false;
}
