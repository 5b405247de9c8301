/*
 * A fuzz target without a fuzzer: runs it over each file of the directory given, and over each file
 * cut at every length, or at so many, from a heap copy of exactly that length.  The environment's
 * EGRESS25_REPLAY_CUTS goes before what the command line says of that: for slow machines.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t cuts = SIZE_MAX; /* of each file */

static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int replay(const char *directory, const char *name)
{
	static uint8_t data[FILE_MOST];
	char path[4096];
	FILE *f;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "rb");
	if (!f)
		return -1;
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	for (size_t cut = 0; cut < size; cut += size < cuts ? 1 : size / cuts)
		run(data, cut);
	run(data, size);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *d = argc == 3 ? opendir(argv[1]) : NULL;
	const char *few = getenv("EGRESS25_REPLAY_CUTS");
	struct dirent *entry;
	int files = 0;

	if (!d) {
		fprintf(stderr, "usage: %s CORPUS CUTS|all\n", argv[0]);
		return 2;
	}
	if (!few)
		few = argv[2];
	if (strcmp(few, "all") != 0)
		cuts = strtoul(few, NULL, 10) + 1;
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay(argv[1], entry->d_name) < 0)
			return 1;
		files++;
	}
	closedir(d);
	printf("%d files\n", files);
	return files ? 0 : 1;
}
