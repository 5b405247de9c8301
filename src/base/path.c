#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

size_t path_directory(const char *path, const char **ret_)
{
	const char *slash = strrchr(path, '/');

	*ret_ = slash ? path : ".";
	return slash && slash > path ? (size_t)(slash - path) : 1;
}

int path_is_locked(const char *path)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char name[4096];
	int fd, r;

	text_print(name, sizeof(name), "%s-lock", path);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = fcntl(fd, F_OFD_GETLK, &lock) < 0 ? -errno : lock.l_type != F_UNLCK;
	close(fd);
	return r;
}
