#include "wire/frame.h"

#include <stddef.h>

static const struct {
	int dlt;
	enum link link;
} dlts[] = {
	{0, LINK_NULL},	    /* DLT_NULL */
	{1, LINK_ETHERNET}, /* DLT_EN10MB */
	{9, LINK_PPP},	    /* DLT_PPP */
	{12, LINK_RAW},	    /* DLT_RAW on most systems */
	{14, LINK_RAW},	    /* DLT_RAW on OpenBSD */
	{50, LINK_PPP},	    /* LINKTYPE_PPP_HDLC */
	{101, LINK_RAW},    /* LINKTYPE_RAW */
	{108, LINK_NULL},   /* LINKTYPE_LOOP */
	{113, LINK_SLL},    /* LINKTYPE_LINUX_SLL */
	{228, LINK_RAW},    /* LINKTYPE_IPV4 */
	{229, LINK_RAW},    /* LINKTYPE_IPV6 */
	{276, LINK_SLL2},   /* LINKTYPE_LINUX_SLL2 */
};

enum link link_of_dlt(int dlt)
{
	for (size_t i = 0; i < sizeof(dlts) / sizeof(dlts[0]); i++) {
		if (dlts[i].dlt == dlt)
			return dlts[i].link;
	}
	return LINK_UNKNOWN;
}
