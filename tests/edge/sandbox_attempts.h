/* sandbox_attempts: what a sandbox may refuse; each negative where it could not be done. */
#ifndef EGRESS25_TESTS_EDGE_SANDBOX_ATTEMPTS_H
#define EGRESS25_TESTS_EDGE_SANDBOX_ATTEMPTS_H

typedef int attempt_fn(void);

extern char top[64], record[96], conf[96]; /* directories */
extern int pair[2], other[2];		   /* sockets that are open: the first may send */

attempt_fn opens_packets;
attempt_fn opens_a_socket;
attempt_fn becomes_daemon;
attempt_fn reads_shadow;
attempt_fn reads_passwd;
attempt_fn signals_init;
attempt_fn signals_itself;
attempt_fn has_a_capability;
attempt_fn may_gain_privileges;
attempt_fn may_be_read_by_others;
attempt_fn executes;
attempt_fn asks_for_a_thread;
attempt_fn forks;
attempt_fn starts_a_thread;
attempt_fn traces;
attempt_fn doubles;
attempt_fn doubles_by_fcntl;
attempt_fn maps_code;
attempt_fn makes_code;
attempt_fn asks_another_ioctl;
attempt_fn sets_another_option;
attempt_fn writes_to_a_socket;
attempt_fn sends_by_the_first;
attempt_fn sends_by_another;
attempt_fn sends_a_message;
attempt_fn renames;
attempt_fn makes_a_name_space;
attempt_fn writes_words;
attempt_fn makes_beside_the_record;
attempt_fn reads_the_configuration;
attempt_fn writes_the_configuration;
attempt_fn makes_beside_the_configuration;
attempt_fn makes_elsewhere;
attempt_fn links_out;
attempt_fn makes_a_directory;

#endif
