/*
 * The program as it is called, but for the commands that need a capture or a record: main() under
 * another name, with these commands replaced by one that tells what it was handed.
 */
#ifndef EGRESS25_TESTS_COMMANDS_PROGRAM_H
#define EGRESS25_TESTS_COMMANDS_PROGRAM_H

#include <stdio.h>

#include "commands/command.h"

int egress25_main(int argc, char **argv);

extern char told[1024];		    /* what the command was handed */
extern int result;		    /* what it is to answer */
extern char out[65536], err[65536]; /* standard output and standard error of the last run */

int redirect(int fd, FILE *to);
void restore(int fd, int saved, FILE *from, char *text, size_t size);

/* Runs a command line, its words separated by blanks. */
int run(const char *line);

/* One line on standard error, exit status 2, nothing done. */
void refuses(const char *line, const char *want);

#endif
