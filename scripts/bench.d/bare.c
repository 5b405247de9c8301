/* bare: what libpcap's own reading costs: pcap_next_ex over a file, and nothing done with it. */
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	unsigned long long packets = 0, bytes = 0;
	struct pcap_pkthdr *header;
	const unsigned char *data;
	pcap_t *p;
	int status;

	if (argc != 2) {
		fputs("usage: bare FILE\n", stderr);
		return 2;
	}
	p = pcap_open_offline(argv[1], error);
	if (!p) {
		fprintf(stderr, "bare: %s\n", error);
		return 3;
	}
	while ((status = pcap_next_ex(p, &header, &data)) == 1) {
		packets++;
		bytes += header->caplen + (data[0] & 0u);
	}
	printf("%llu packets, %llu bytes\n", packets, bytes);
	pcap_close(p);
	return status == PCAP_ERROR_BREAK ? 0 : 3;
}
