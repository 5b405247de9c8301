/*
 * Where the record stands, and whose it is.
 *
 * Whoever may write the directory could put another file in the record's place, so that directory
 * is the monitor's user's own, or root's; and a file there that is neither one's is not touched.
 * Who may read and write the record is the directory's to say too: where its group is not ours and
 * nobody else gets in, that group reads, and ours, the administrators', writes.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/text.h"

int store_say_errno(struct store *s, int r)
{
	const char *name;
	int directory = (int)path_directory(s->path, &name);

	if (r == -ENOENT)
		text_print(s->error, sizeof(s->error),
			   "%s: no directory %.*s: create it and give it to the user that the "
			   "monitor is "
			   "to run as (chown), or name another record with --record",
			   s->path, directory, name);
	else if (r == -EACCES || r == -EPERM || r == -EROFS)
		text_print(s->error, sizeof(s->error),
			   "%s: %s: this user must be able to write the record and its directory "
			   "%.*s",
			   s->path, strerror(-r), directory, name);
	else
		text_print(s->error, sizeof(s->error), "%s: %s", s->path, strerror(-r));
	return r == -EPERM ? -EACCES : r;
}

/* PATH with something behind; NULL without memory. */
char *store_beside(const struct store *s, const char *suffix)
{
	char *name;

	return asprintf(&name, "%s%s", s->path, suffix) < 0 ? NULL : name;
}

bool store_trusts(const struct store *s, const struct stat *file)
{
	return file->st_uid == geteuid() || file->st_uid == 0 ||
	       file->st_uid == s->directory.st_uid;
}

/* Whether more than its owner and our group may write a directory. */
static bool is_open(const struct stat *directory)
{
	return directory->st_mode & S_IWOTH ||
	       (directory->st_mode & S_IWGRP && directory->st_gid != getegid());
}

/*
 * `own`: it must be ours or root's, for files are made there; else it is another one's record,
 * whose directory says whom to trust.
 */
static int check_directory(struct store *s, bool own)
{
	const char *name;
	int length = (int)path_directory(s->path, &name);
	char *directory = strndup(name, (size_t)length);
	int r = directory ? 0 : -ENOMEM;

	if (r == 0 && stat(directory, &s->directory) < 0)
		r = -errno;
	free(directory);
	if (r < 0)
		return store_say_errno(s, r);
	if (is_open(&s->directory))
		text_print(s->error, sizeof(s->error),
			   "%s: others may write its directory %.*s, and put another file in its "
			   "place: chmod go-w it, or name one in a directory of your own with "
			   "--record",
			   s->path, length, name);
	else if (own && s->directory.st_uid != 0 && s->directory.st_uid != geteuid())
		text_print(s->error, sizeof(s->error),
			   "%s: its directory %.*s belongs to another user (%u): become that one "
			   "(sudo -u, or watch --user), or name another record with --record",
			   s->path, length, name, (unsigned int)s->directory.st_uid);
	else
		return 0;
	return -EACCES;
}

/* What stands beside the record is opened by SQLite, or by take_lock(), without a look at it. */
static int check_beside(struct store *s)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-journal", "-lock"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *name = store_beside(s, suffixes[i]);
		struct stat st;
		bool there;

		if (!name)
			return -ENOMEM;
		there = lstat(name, &st) == 0;
		free(name);
		if (!there || (S_ISREG(st.st_mode) && st.st_nlink == 1 && store_trusts(s, &st)))
			continue;
		text_print(
			s->error, sizeof(s->error),
			"%s%s: is no file of this record's: a link, or another user's: remove it",
			s->path, suffixes[i]);
		return -EACCES;
	}
	return 0;
}

mode_t store_file_mode(const struct store *s)
{
	return (s->directory.st_mode & S_IRWXO) == 0 && s->directory.st_gid != getegid() ? 0664
											 : 0640;
}

int store_check_place(struct store *s, bool own)
{
	int r = check_directory(s, own);

	return r == 0 ? check_beside(s) : r;
}
