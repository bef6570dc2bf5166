#include "pkg/oci/ids.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/text.h"

/* clang-format off */
const struct field id_range_fields[] = {
	{ "inside", FIELD_U32, offsetof(struct id_range, inside), .always = 1 },
	{ "outside", FIELD_U32, offsetof(struct id_range, outside), .always = 1 },
	{ "count", FIELD_U32, offsetof(struct id_range, count), .always = 1 },
	F_END
};
/* clang-format on */

int id_range_parse(const char *text, struct id_range *ret)
{
	char word[40], *second, *third;
	uint64_t inside, outside, count = 1;

	if (strlen(text) >= sizeof word)
		return -EINVAL;
	snprintf(word, sizeof word, "%s", text);
	if (!(second = strchr(word, ':')))
		return -EINVAL;
	*second++ = '\0';
	if ((third = strchr(second, ':')))
		*third++ = '\0';
	if (parse_u64(word, 0, UINT32_MAX - 1, &inside) < 0 ||
		parse_u64(second, 0, UINT32_MAX - 1, &outside) < 0 ||
		(third && parse_u64(third, 1, UINT32_MAX, &count) < 0) || inside + count > UINT32_MAX ||
		outside + count > UINT32_MAX)
		return -EINVAL;
	*ret = (struct id_range){ (uint32_t) inside, (uint32_t) outside, (uint32_t) count };
	return 0;
}

bool ids_outside(const struct list *ranges, uint32_t id, uint32_t *ret)
{
	for (size_t i = 0; i < ranges->n; i++) {
		const struct id_range *r = LIST_AT(*ranges, const struct id_range, i);

		if (id >= r->inside && id - r->inside < r->count) {
			*ret = r->outside + (id - r->inside);
			return true;
		}
	}
	if (!ranges->n)
		*ret = id;
	return !ranges->n;
}

int ids_text(const struct list *ranges, struct buf *b)
{
	for (size_t i = 0; i < ranges->n; i++) {
		const struct id_range *r = LIST_AT(*ranges, const struct id_range, i);

		(void) buf_printf(b, "%u %u %u\n", r->inside, r->outside, r->count);
	}
	return buf_failed(b) ? -ENOMEM : 0;
}

static bool meet(uint32_t a, uint32_t na, uint32_t b, uint32_t nb)
{
	return (uint64_t) a < (uint64_t) b + nb && (uint64_t) b < (uint64_t) a + na;
}

bool ids_overlap(const struct list *ranges)
{
	for (size_t i = 0; i < ranges->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct id_range *a = LIST_AT(*ranges, const struct id_range, i),
					      *b = LIST_AT(*ranges, const struct id_range, k);

			if (meet(a->inside, a->count, b->inside, b->count) ||
				meet(a->outside, a->count, b->outside, b->count))
				return true;
		}
	return false;
}

void ids_become(uint32_t uid, uint32_t gid)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	(void) setfsgid(gid);
	(void) setfsuid(uid);
	if (syscall(SYS_capget, &head, caps) < 0)
		return;
	for (size_t i = 0; i < LEN(caps); i++)
		caps[i].effective = caps[i].permitted;
	(void) syscall(SYS_capset, &head, caps);
}
