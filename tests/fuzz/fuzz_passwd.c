/* The image's /etc/passwd and /etc/group: input is "user\0passwd\0group". */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/container/user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 3), *passwd, *group;
	struct user u;
	struct err err = { 0 };

	if (!text)
		return 0;
	memcpy(text, data, size);
	passwd = text + strlen(text) + 1;
	if (passwd > text + size)
		passwd = text + size;
	group = passwd + strlen(passwd) + 1;
	if (group > text + size)
		group = text + size;
	if (user_find(passwd, group, text, NULL, USER_GROUPS_ASKED, &u, &err) == 0 &&
		(u.n_groups > USER_GROUPS_MAX || u.home[0] != '/'))
		abort();
	free(text);
	return 0;
}
