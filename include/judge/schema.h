/*
 * schema: what writer and readers of a record must agree on.  The tables themselves stand in
 * src/edge/schema.c and are documented column by column in egress25-record(5).
 */
#ifndef EGRESS25_JUDGE_SCHEMA_H
#define EGRESS25_JUDGE_SCHEMA_H

#define SCHEMA_APPLICATION_ID 0x45473235 /* "EG25" */
#define SCHEMA_VERSION	      2

/* Spans of the tables host_sum and contact_sum, in seconds; ALL has start 0. */
#define SCHEMA_SPAN_ALL	   0
#define SCHEMA_SPAN_MINUTE 60
#define SCHEMA_SPAN_HOUR   3600
#define SCHEMA_SPAN_DAY	   86400

/* Distinct destinations kept for one host; further ones share the server of id 0. */
#define SCHEMA_DESTINATIONS 65536

/*
 * How many routers an identity's frames had passed, as SQL: systems begin at a TTL of 32, 64, 128
 * or 255, so what is left tells hosts of different systems apart no better than this.
 */
#define SCHEMA_DISTANCE                                                                            \
	"CASE WHEN hops <= 32 THEN 32 WHEN hops <= 64 THEN 64 WHEN hops <= 128 THEN 128"           \
	" ELSE 255 END - hops"

#endif
