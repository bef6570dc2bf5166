/*
 * limit_options.c — the limits that run and create set and update changes, and what a pod says for all its containers.
 */
#include "cmd/podctl/tables.h"
#include "pkg/verb/create.h"

#define R struct create_request
/* clang-format off */
const struct option limit_options[] = {
	O_INT(R, blkio_weight, "blkio-weight", 0, "N", "Relative weight of its block input and output, 10 to 1000", 10, 1000),
	O_CSV(R, weight_devices, "blkio-weight-device", 0, "DEV:WEIGHT", "The same for one device"),
	O_INT(R, cpu_period, "cpu-period", 0, "US", "Length of a CPU period in microseconds", 1000, 1000000),
	O_INT(R, cpu_quota, "cpu-quota", 0, "US", "CPU time per period in microseconds, -1 for no limit", -1, INT64_MAX / 2),
	O_INT(R, cpu_rt_period, "cpu-rt-period", 0, "US", "Length of a period of real-time scheduling (cgroup v1)", 1, 1000000),
	O_INT(R, cpu_rt_runtime, "cpu-rt-runtime", 0, "US", "Real-time CPU time per such period (cgroup v1)", 1, 1000000),
	O_INT(R, cpu_shares, "cpu-shares", 'c', "N", "Relative weight of its CPU time", 0, 262144),
	O_F64(R, cpus, "cpus", 0, "N", "At most so many processors, such as 1.5"),
	O_STR(R, cpuset_cpus, "cpuset-cpus", 0, "LIST", "Processors it may run on, such as 0-3,5"),
	O_STR(R, cpuset_mems, "cpuset-mems", 0, "LIST", "Memory nodes it may use"),
	O_CSV(R, read_bps, "device-read-bps", 0, "DEV:SIZE", "At most so many bytes a second are read from the device, such as /dev/sda:1mb"),
	O_CSV(R, read_iops, "device-read-iops", 0, "DEV:N", "At most so many reads a second from the device"),
	O_CSV(R, write_bps, "device-write-bps", 0, "DEV:SIZE", "At most so many bytes a second are written to the device"),
	O_CSV(R, write_iops, "device-write-iops", 0, "DEV:N", "At most so many writes a second to the device"),
	O_BYTES(R, memory, "memory", 'm', "At most so much memory"),
	O_BYTES(R, memory_reservation, "memory-reservation", 0, "Soft limit of memory"),
	O_BYTES(R, memory_swap, "memory-swap", 0, "At most so much memory and swap together; -1 for no limit"),
	O_INT(R, swappiness, "memory-swappiness", 0, "N", "How readily its memory is swapped out, 0 to 100; -1: as the kernel does (cgroup v1)", -1, 100),
	O_END
};

const struct option member_options[] = {
	O_STR(R, cgroup_parent, "cgroup-parent", 0, "PATH", "Cgroup the pod's is below; where systemd manages them, a slice"),
	O_CSV(R, devices, "device", 0, "DEV[:PATH][:rwm]", "Give all its containers a device of the host"),
	O_STRS(R, security, "security-opt", 0, "OPT", "For all its containers: no-new-privileges, seccomp=FILE|unconfined, mask=, unmask="),
	O_BYTES(R, shm_size, "shm-size", 0, "Size of the /dev/shm its containers share"),
	O_STR(R, uts, "uts", 0, "MODE", "UTS namespace of its containers: private (default) or host"),
	O_STRS(R, volumes, "volume", 'v', "DIR|VOLUME:DIR[:OPTIONS]", "Mount it in all its containers"),
	O_CSV(R, volumes_from, "volumes-from", 0, "CONTAINER[:ro]", "Mount in all its containers what another container has mounted"),
	O_END
};
/* clang-format on */
