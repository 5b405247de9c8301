/*
 * sandbox: what the process may still do once everything is open, taken away in stages, each for
 * good: sandbox_drop() by libcap-ng, sandbox_confine() by Landlock, sandbox_seal() by libseccomp.
 *
 * The first two hold for the calling thread and those that it starts afterwards: call them before
 * any is started.  sandbox_seal() holds for all threads there are, and lets none be started.
 */
#ifndef EGRESS25_EDGE_SANDBOX_H
#define EGRESS25_EDGE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#define SANDBOX_ERROR 512
#define SANDBOX_USER  64

/*
 * Becomes `user`; where that is NULL and we are root, the owner of the directory that is to be
 * written.  Then gives up every capability, the way back to one (no_new_privs), and what another
 * process of that user could read of us.  0 with the name of whom we are now, or negative with one
 * line in error.
 */
int sandbox_drop(const char *user, const char *directory, char ret_user[SANDBOX_USER],
		 char error[SANDBOX_ERROR]);

/* For who stays who he is, with what he may: the way to more is given up.  0 or a negative errno.
 */
int sandbox_renounce(void);

/* A directory with all below it, or a file: opened for reading, or also for making, writing and
 * removing files. */
struct sandbox_place {
	const char *path;
	bool write;
};

/*
 * Nothing but these can be opened from now on; a place that cannot be reached is passed over.  0,
 * -EOPNOTSUPP where the kernel has no Landlock, or another negative errno.  Needs no_new_privs.
 */
int sandbox_confine(const struct sandbox_place *places, size_t count);

/*
 * Lets through the system calls that a monitor needs which has everything open, or a reader of
 * files, and sends by these descriptors alone.  Another one ends the process by SIGSYS; where
 * `*ret_strict` is false this architecture's list was never tried, and the kernel but logs it.  0,
 * -EOPNOTSUPP where the kernel has no seccomp, or another negative errno.  Needs no_new_privs.
 */
int sandbox_seal(const int *senders, size_t count, bool *ret_strict);

#endif
