/*
 * Landlock, by its system calls: Debian 12's C library has none.  What is handled is what the
 * kernel at hand knows; each kernel since 5.13 refuses opening, making and removing.
 */
#include "edge/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#include "sandbox_internal.h"

/* What came behind Linux 6.1, whose headers Debian 12 has. */
#define ACCESS_TRUNCATE	 (UINT64_C(1) << 14) /* Linux 6.2, version 3 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15) /* Linux 6.10, version 5 */

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                                                      \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |                             \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | ACCESS_TRUNCATE)
#define OF_A_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)

/* What this kernel can refuse; 0 where it has no Landlock, or a container's filter hides it. */
static uint64_t known(void)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* version 1 */

	if (version < 1)
		return 0;
	if (version >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		all |= ACCESS_TRUNCATE;
	if (version >= 5)
		all |= ACCESS_IOCTL_DEV;
	return all;
}

static int allow(int rules, const struct sandbox_place *place, uint64_t handled)
{
	int fd = open(place->path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr beneath = {
		.parent_fd = fd,
		.allowed_access = (READ | (place->write ? WRITE : 0)) & handled,
	};
	struct stat st;
	int r = 0;

	if (fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : 0;
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		beneath.allowed_access &= OF_A_FILE;
	/* EBADFD: a pipe's, say, which Landlock does not limit */
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0 &&
	    errno != EBADFD)
		r = -errno;
	close(fd);
	return r;
}

int sandbox_confine(const struct sandbox_place *places, size_t count)
{
	/* A sanitizer looks for leaks in what it reads there. */
	const struct sandbox_place own = {.path = "/proc/self"};
	const struct landlock_ruleset_attr attr = {.handled_access_fs = known()};
	int rules, r = 0;

	if (!attr.handled_access_fs)
		return -EOPNOTSUPP;
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules < 0)
		return -errno;
	for (size_t i = 0; i < count && r == 0; i++)
		r = allow(rules, &places[i], attr.handled_access_fs);
	if (r == 0 && SANDBOX_SANITIZED)
		r = allow(rules, &own, attr.handled_access_fs);
	if (r == 0 && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		r = -errno;
	close(rules);
	return r;
}
