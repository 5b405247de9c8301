/*
 * measure: runs a command and writes what it cost into a file: "wall user system KiB status".
 *
 *   measure FILE COMMAND [ARGUMENT...]
 *
 * A process inherits the peak memory of the one that started it up to exec(), so that of a small
 * command started by Python would be Python's.  This program is smaller than whatever it measures.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(long s, long micro)
{
	return (double)s + (double)micro / 1e6;
}

int main(int argc, char **argv)
{
	struct timespec start, end;
	struct rusage used;
	int status;
	FILE *out;
	pid_t pid;

	if (argc < 3)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		return 3;
	clock_gettime(CLOCK_MONOTONIC, &end);
	out = fopen(argv[1], "w");
	if (!out)
		return 3;
	fprintf(out, "%.6f %.6f %.6f %ld %d\n",
		seconds(end.tv_sec - start.tv_sec, (end.tv_nsec - start.tv_nsec) / 1000),
		seconds(used.ru_utime.tv_sec, used.ru_utime.tv_usec),
		seconds(used.ru_stime.tv_sec, used.ru_stime.tv_usec), used.ru_maxrss,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return fclose(out) != 0;
}
