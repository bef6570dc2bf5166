/* challenge.h — WWW-Authenticate (RFC 7235): what a registry that answered 401 wants to see.  Pure. */
#ifndef PODCTL_TRANSFER_CHALLENGE_H
#define PODCTL_TRANSFER_CHALLENGE_H

#include <stdbool.h>

#define CHALLENGE_TEXT \
	2048 /* of one value; a realm is a URL, a scope names a repository of at most 255 bytes */

struct challenge {
	bool basic, bearer; /* schemes that were offered */
	char realm[CHALLENGE_TEXT], service[CHALLENGE_TEXT],
		scope[CHALLENGE_TEXT]; /* of Bearer; "" when absent */
};

/* Adds what one header value offers (there may be several headers, and several challenges in one).  False: it is not
 * well formed, *c is as it was. */
bool challenge_parse(const char *value, struct challenge *c);

#endif
