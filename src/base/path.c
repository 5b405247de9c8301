#include "base/path.h"

#include <string.h>

size_t path_directory(const char *path, const char **ret_)
{
	const char *slash = strrchr(path, '/');

	*ret_ = slash ? path : ".";
	return slash && slash > path ? (size_t)(slash - path) : 1;
}
