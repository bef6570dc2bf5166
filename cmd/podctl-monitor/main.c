/* podctl-monitor: see pkg/monitor/monitor.h.  Started by podctl only; its descriptors are described in plan.h. */
#include <stdio.h>
#include <string.h>

#include "pkg/monitor/monitor.h"

static int usage(void)
{
	fprintf(stderr, "podctl-monitor %s: watches over one pod; it is started by podctl\n", PODCTL_VERSION);
	return 125;
}

int main(int argc, char **argv)
{
	struct monitor_args args = { 0 };

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("podctl-monitor version %s\n", PODCTL_VERSION) < 0;
	if (argc == 3 && strcmp(argv[1], "--remove") == 0)
		return monitor_remove(argv[2]);
	if (argc == 5 && strcmp(argv[1], "--nfs") == 0)
		return monitor_nfs(argv[2], argv[3], argv[4]);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--adopt") == 0)
			args.adopt = true;
		else if (strcmp(argv[i], "--wait") == 0)
			args.waits = true;
		else if (strcmp(argv[i], "--namespaces") == 0 && i + 1 < argc)
			args.namespaces = argv[++i];
		else if (strcmp(argv[i], "--runtime") == 0 && i + 1 < argc)
			args.runtime = argv[++i];
		else
			return usage();
	}
	return monitor_run(&args);
}
