/*
 * Without a name root becomes the owner of the record's directory: whom that belongs to could put
 * what he likes in the record's place anyway, so nothing is given to him; and root is never led by
 * what another user has put there.
 */
#include "edge/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cap-ng.h>

#include "base/text.h"
#include "sandbox_internal.h"

static int complain(char error[SANDBOX_ERROR], int result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int complain(char error[SANDBOX_ERROR], int result, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(error, SANDBOX_ERROR, format, list);
	va_end(list);
	return result;
}

static int find_named(const char *name, uid_t *ret_, char error[SANDBOX_ERROR])
{
	const struct passwd *user;

	errno = 0; /* it stays so where there is none, as glibc has it */
	user = getpwnam(name);
	if (!user && errno != 0 && errno != ENOENT && errno != ESRCH)
		return complain(error, -errno, "user %s: cannot be looked up: %s", name,
				strerror(errno));
	if (!user)
		return complain(error, -ENOENT,
				"user %s: there is none of this name: make one (adduser --system "
				"%s), or name another with --user",
				name, name);
	if (geteuid() != 0 && user->pw_uid != geteuid())
		return complain(error, -EPERM,
				"user %s: only root can become another user: start this by sudo, "
				"or leave --user and `user` out",
				name);
	*ret_ = user->pw_uid;
	return 0;
}

/* *ret_ is who we are; where the directory is missing we stay who we are: whoever opens the record
 * says so. */
static int find_owner(const char *directory, uid_t *ret_, char error[SANDBOX_ERROR])
{
	struct stat st;

	if (geteuid() != 0 || stat(directory, &st) < 0)
		return 0;
	if (!getpwuid(st.st_uid))
		return complain(error, -ENOENT,
				"%s: belongs to the user %u, who has no name: give it to one who "
				"has (chown), or name one with --user",
				directory, (unsigned int)st.st_uid);
	*ret_ = st.st_uid;
	return 0;
}

static int become(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	capng_clear(CAPNG_SELECT_ALL);
	if (uid == geteuid()) {
		/* The bounding set is left to those who may change it: no_new_privs does as well.
		 */
		capng_apply(CAPNG_SELECT_BOUNDS);
		return capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) < 0 ? -EPERM : 0;
	}
	if (!user ||
	    capng_change_id((int)uid, (int)user->pw_gid,
			    CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT) < 0)
		return -EPERM;
	return 0;
}

#define GROUPS_MOST 256 /* of one user; beyond, nothing is started rather than too much kept */

static bool is_among(gid_t gid, const gid_t *list, int count)
{
	for (int i = 0; i < count; i++)
		if (list[i] == gid)
			return true;
	return false;
}

/* Whether that user's groups are all that we have. */
static bool has_groups_of(const struct passwd *user)
{
	gid_t real, effective, saved, ours[GROUPS_MOST], theirs[GROUPS_MOST];
	int count = getgroups(GROUPS_MOST, ours), known = GROUPS_MOST;

	if (getresgid(&real, &effective, &saved) < 0 || real != user->pw_gid ||
	    effective != user->pw_gid || saved != user->pw_gid)
		return false;
	if (count < 0 || getgrouplist(user->pw_name, user->pw_gid, theirs, &known) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (!is_among(ours[i], theirs, known))
			return false;
	return true;
}

/* What the kernel says of it.  Who stays who he is keeps his groups. */
static bool is_dropped(uid_t uid, bool changed)
{
	const struct passwd *user = changed ? getpwuid(uid) : NULL;
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) < 0 || real != uid || effective != uid ||
	    saved != uid)
		return false;
	if (changed && (!user || !has_groups_of(user)))
		return false;
	capng_clear(CAPNG_SELECT_ALL);
	return capng_get_caps_process() == 0 &&
	       capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static void name_user(uid_t uid, char ret_[SANDBOX_USER])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		text_escape(user->pw_name, strlen(user->pw_name), ret_, SANDBOX_USER);
	else
		text_print(ret_, SANDBOX_USER, "%u", (unsigned int)uid);
}

int sandbox_renounce(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int sandbox_drop(const char *user, const char *directory, char ret_user[SANDBOX_USER],
		 char error[SANDBOX_ERROR])
{
	uid_t before = geteuid(), uid = before;
	int r = user ? find_named(user, &uid, error) : find_owner(directory, &uid, error);

	if (r < 0)
		return r;
	r = become(uid);
	/* A sanitizer looks for leaks by ptrace(2), which this would forbid. */
	if (r == 0 && !SANDBOX_SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = -errno;
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	if (r < 0 || !is_dropped(uid, uid != before))
		return complain(error, -EPERM,
				"privileges: cannot be given up: start this as root, or as a user "
				"with CAP_NET_RAW alone");
	name_user(uid, ret_user);
	return 0;
}
