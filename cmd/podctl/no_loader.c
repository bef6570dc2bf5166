/* Stand-ins for the loader in a podctl that is linked statically (-Wl,--wrap=dlopen): sqlite could load extensions, which is
 * never asked for, and a static program cannot. */
#include <stddef.h>

void *__wrap_dlopen(const char *name, int flags);

void *__wrap_dlopen(const char *name, int flags)
{
	(void) name;
	(void) flags;
	return NULL;
}
