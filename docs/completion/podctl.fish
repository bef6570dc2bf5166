# completion of podctl for fish; made by `podctl docs completion fish`
complete -c podctl -n __fish_use_subcommand -a 'create' -d 'Create a container without starting it'
complete -c podctl -n '__fish_seen_subcommand_from create' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from create' -l add-host
complete -c podctl -n '__fish_seen_subcommand_from create' -l annotation
complete -c podctl -n '__fish_seen_subcommand_from create' -l arch
complete -c podctl -n '__fish_seen_subcommand_from create' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from create' -l cap-add
complete -c podctl -n '__fish_seen_subcommand_from create' -l cap-drop
complete -c podctl -n '__fish_seen_subcommand_from create' -l cgroup-conf
complete -c podctl -n '__fish_seen_subcommand_from create' -l cgroupns
complete -c podctl -n '__fish_seen_subcommand_from create' -l cgroups
complete -c podctl -n '__fish_seen_subcommand_from create' -l chrootdirs
complete -c podctl -n '__fish_seen_subcommand_from create' -l cidfile
complete -c podctl -n '__fish_seen_subcommand_from create' -l conmon-pidfile
complete -c podctl -n '__fish_seen_subcommand_from create' -l device
complete -c podctl -n '__fish_seen_subcommand_from create' -l device-cgroup-rule
complete -c podctl -n '__fish_seen_subcommand_from create' -l disable-content-trust
complete -c podctl -n '__fish_seen_subcommand_from create' -l dns
complete -c podctl -n '__fish_seen_subcommand_from create' -l dns-option
complete -c podctl -n '__fish_seen_subcommand_from create' -l dns-search
complete -c podctl -n '__fish_seen_subcommand_from create' -l entrypoint
complete -c podctl -n '__fish_seen_subcommand_from create' -l env
complete -c podctl -n '__fish_seen_subcommand_from create' -l env-file
complete -c podctl -n '__fish_seen_subcommand_from create' -l env-merge
complete -c podctl -n '__fish_seen_subcommand_from create' -l env-host
complete -c podctl -n '__fish_seen_subcommand_from create' -l expose
complete -c podctl -n '__fish_seen_subcommand_from create' -l group-add
complete -c podctl -n '__fish_seen_subcommand_from create' -l health-cmd
complete -c podctl -n '__fish_seen_subcommand_from create' -l health-interval
complete -c podctl -n '__fish_seen_subcommand_from create' -l health-on-failure
complete -c podctl -n '__fish_seen_subcommand_from create' -l health-retries
complete -c podctl -n '__fish_seen_subcommand_from create' -l health-start-period
complete -c podctl -n '__fish_seen_subcommand_from create' -l health-timeout
complete -c podctl -n '__fish_seen_subcommand_from create' -l hostuser
complete -c podctl -n '__fish_seen_subcommand_from create' -l http-proxy
complete -c podctl -n '__fish_seen_subcommand_from create' -l hostname
complete -c podctl -n '__fish_seen_subcommand_from create' -l image-volume
complete -c podctl -n '__fish_seen_subcommand_from create' -l init
complete -c podctl -n '__fish_seen_subcommand_from create' -l init-path
complete -c podctl -n '__fish_seen_subcommand_from create' -l interactive
complete -c podctl -n '__fish_seen_subcommand_from create' -l ipc
complete -c podctl -n '__fish_seen_subcommand_from create' -l label
complete -c podctl -n '__fish_seen_subcommand_from create' -l label-file
complete -c podctl -n '__fish_seen_subcommand_from create' -l log-driver
complete -c podctl -n '__fish_seen_subcommand_from create' -l log-opt
complete -c podctl -n '__fish_seen_subcommand_from create' -l mount
complete -c podctl -n '__fish_seen_subcommand_from create' -l name
complete -c podctl -n '__fish_seen_subcommand_from create' -l network
complete -c podctl -n '__fish_seen_subcommand_from create' -l no-healthcheck
complete -c podctl -n '__fish_seen_subcommand_from create' -l no-hosts
complete -c podctl -n '__fish_seen_subcommand_from create' -l oom-kill-disable
complete -c podctl -n '__fish_seen_subcommand_from create' -l oom-score-adj
complete -c podctl -n '__fish_seen_subcommand_from create' -l os
complete -c podctl -n '__fish_seen_subcommand_from create' -l passwd
complete -c podctl -n '__fish_seen_subcommand_from create' -l passwd-entry
complete -c podctl -n '__fish_seen_subcommand_from create' -l pid
complete -c podctl -n '__fish_seen_subcommand_from create' -l pidfile
complete -c podctl -n '__fish_seen_subcommand_from create' -l platform
complete -c podctl -n '__fish_seen_subcommand_from create' -l pids-limit
complete -c podctl -n '__fish_seen_subcommand_from create' -l pod
complete -c podctl -n '__fish_seen_subcommand_from create' -l pod-id-file
complete -c podctl -n '__fish_seen_subcommand_from create' -l privileged
complete -c podctl -n '__fish_seen_subcommand_from create' -l publish
complete -c podctl -n '__fish_seen_subcommand_from create' -l publish-all
complete -c podctl -n '__fish_seen_subcommand_from create' -l pull
complete -c podctl -n '__fish_seen_subcommand_from create' -l read-only
complete -c podctl -n '__fish_seen_subcommand_from create' -l read-only-tmpfs
complete -c podctl -n '__fish_seen_subcommand_from create' -l replace
complete -c podctl -n '__fish_seen_subcommand_from create' -l requires
complete -c podctl -n '__fish_seen_subcommand_from create' -l restart
complete -c podctl -n '__fish_seen_subcommand_from create' -l rm
complete -c podctl -n '__fish_seen_subcommand_from create' -l rootfs
complete -c podctl -n '__fish_seen_subcommand_from create' -l security-opt
complete -c podctl -n '__fish_seen_subcommand_from create' -l shm-size
complete -c podctl -n '__fish_seen_subcommand_from create' -l stop-signal
complete -c podctl -n '__fish_seen_subcommand_from create' -l stop-timeout
complete -c podctl -n '__fish_seen_subcommand_from create' -l sysctl
complete -c podctl -n '__fish_seen_subcommand_from create' -l timeout
complete -c podctl -n '__fish_seen_subcommand_from create' -l systemd
complete -c podctl -n '__fish_seen_subcommand_from create' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from create' -l tmpfs
complete -c podctl -n '__fish_seen_subcommand_from create' -l tty
complete -c podctl -n '__fish_seen_subcommand_from create' -l ulimit
complete -c podctl -n '__fish_seen_subcommand_from create' -l tz
complete -c podctl -n '__fish_seen_subcommand_from create' -l umask
complete -c podctl -n '__fish_seen_subcommand_from create' -l unsetenv
complete -c podctl -n '__fish_seen_subcommand_from create' -l unsetenv-all
complete -c podctl -n '__fish_seen_subcommand_from create' -l user
complete -c podctl -n '__fish_seen_subcommand_from create' -l userns
complete -c podctl -n '__fish_seen_subcommand_from create' -l uts
complete -c podctl -n '__fish_seen_subcommand_from create' -l variant
complete -c podctl -n '__fish_seen_subcommand_from create' -l volume
complete -c podctl -n '__fish_seen_subcommand_from create' -l volumes-from
complete -c podctl -n '__fish_seen_subcommand_from create' -l workdir
complete -c podctl -n '__fish_seen_subcommand_from create' -l blkio-weight
complete -c podctl -n '__fish_seen_subcommand_from create' -l blkio-weight-device
complete -c podctl -n '__fish_seen_subcommand_from create' -l cpu-period
complete -c podctl -n '__fish_seen_subcommand_from create' -l cpu-quota
complete -c podctl -n '__fish_seen_subcommand_from create' -l cpu-rt-period
complete -c podctl -n '__fish_seen_subcommand_from create' -l cpu-rt-runtime
complete -c podctl -n '__fish_seen_subcommand_from create' -l cpu-shares
complete -c podctl -n '__fish_seen_subcommand_from create' -l cpus
complete -c podctl -n '__fish_seen_subcommand_from create' -l cpuset-cpus
complete -c podctl -n '__fish_seen_subcommand_from create' -l cpuset-mems
complete -c podctl -n '__fish_seen_subcommand_from create' -l device-read-bps
complete -c podctl -n '__fish_seen_subcommand_from create' -l device-read-iops
complete -c podctl -n '__fish_seen_subcommand_from create' -l device-write-bps
complete -c podctl -n '__fish_seen_subcommand_from create' -l device-write-iops
complete -c podctl -n '__fish_seen_subcommand_from create' -l memory
complete -c podctl -n '__fish_seen_subcommand_from create' -l memory-reservation
complete -c podctl -n '__fish_seen_subcommand_from create' -l memory-swap
complete -c podctl -n '__fish_seen_subcommand_from create' -l memory-swappiness
complete -c podctl -n '__fish_seen_subcommand_from create' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'create' -d 'Create a container without starting it'
complete -c podctl -n __fish_use_subcommand -a 'ps' -d 'List containers'
complete -c podctl -n '__fish_seen_subcommand_from ps' -l all
complete -c podctl -n '__fish_seen_subcommand_from ps' -l filter
complete -c podctl -n '__fish_seen_subcommand_from ps' -l format
complete -c podctl -n '__fish_seen_subcommand_from ps' -l last
complete -c podctl -n '__fish_seen_subcommand_from ps' -l latest
complete -c podctl -n '__fish_seen_subcommand_from ps' -l no-trunc
complete -c podctl -n '__fish_seen_subcommand_from ps' -l noheading
complete -c podctl -n '__fish_seen_subcommand_from ps' -l pod
complete -c podctl -n '__fish_seen_subcommand_from ps' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from ps' -l sort
complete -c podctl -n '__fish_seen_subcommand_from ps' -l external
complete -c podctl -n '__fish_seen_subcommand_from ps' -l namespace
complete -c podctl -n '__fish_seen_subcommand_from ps' -l size
complete -c podctl -n '__fish_seen_subcommand_from ps' -l sync
complete -c podctl -n '__fish_seen_subcommand_from ps' -l watch
complete -c podctl -n '__fish_seen_subcommand_from ps' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'ps' -d 'List containers'
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'ls' -d 'List containers'
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'list' -d 'List containers'
complete -c podctl -n __fish_use_subcommand -a 'stop' -d 'Stop containers'
complete -c podctl -n '__fish_seen_subcommand_from stop' -l all
complete -c podctl -n '__fish_seen_subcommand_from stop' -l latest
complete -c podctl -n '__fish_seen_subcommand_from stop' -l filter
complete -c podctl -n '__fish_seen_subcommand_from stop' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from stop' -l time
complete -c podctl -n '__fish_seen_subcommand_from stop' -l cidfile
complete -c podctl -n '__fish_seen_subcommand_from stop' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'stop' -d 'Stop containers'
complete -c podctl -n __fish_use_subcommand -a 'restart' -d 'Stop containers and start them again'
complete -c podctl -n '__fish_seen_subcommand_from restart' -l all
complete -c podctl -n '__fish_seen_subcommand_from restart' -l latest
complete -c podctl -n '__fish_seen_subcommand_from restart' -l filter
complete -c podctl -n '__fish_seen_subcommand_from restart' -l cidfile
complete -c podctl -n '__fish_seen_subcommand_from restart' -l running
complete -c podctl -n '__fish_seen_subcommand_from restart' -l time
complete -c podctl -n '__fish_seen_subcommand_from restart' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'restart' -d 'Stop containers and start them again'
complete -c podctl -n __fish_use_subcommand -a 'kill' -d 'Send a signal to containers'
complete -c podctl -n '__fish_seen_subcommand_from kill' -l all
complete -c podctl -n '__fish_seen_subcommand_from kill' -l latest
complete -c podctl -n '__fish_seen_subcommand_from kill' -l filter
complete -c podctl -n '__fish_seen_subcommand_from kill' -l signal
complete -c podctl -n '__fish_seen_subcommand_from kill' -l cidfile
complete -c podctl -n '__fish_seen_subcommand_from kill' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'kill' -d 'Send a signal to containers'
complete -c podctl -n __fish_use_subcommand -a 'pause' -d 'Freeze all processes of containers'
complete -c podctl -n '__fish_seen_subcommand_from pause' -l all
complete -c podctl -n '__fish_seen_subcommand_from pause' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pause' -l filter
complete -c podctl -n '__fish_seen_subcommand_from pause' -l cidfile
complete -c podctl -n '__fish_seen_subcommand_from pause' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'pause' -d 'Freeze all processes of containers'
complete -c podctl -n __fish_use_subcommand -a 'unpause' -d 'Let frozen containers go on'
complete -c podctl -n '__fish_seen_subcommand_from unpause' -l all
complete -c podctl -n '__fish_seen_subcommand_from unpause' -l latest
complete -c podctl -n '__fish_seen_subcommand_from unpause' -l filter
complete -c podctl -n '__fish_seen_subcommand_from unpause' -l cidfile
complete -c podctl -n '__fish_seen_subcommand_from unpause' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'unpause' -d 'Let frozen containers go on'
complete -c podctl -n __fish_use_subcommand -a 'rm' -d 'Remove containers'
complete -c podctl -n '__fish_seen_subcommand_from rm' -l all
complete -c podctl -n '__fish_seen_subcommand_from rm' -l latest
complete -c podctl -n '__fish_seen_subcommand_from rm' -l filter
complete -c podctl -n '__fish_seen_subcommand_from rm' -l force
complete -c podctl -n '__fish_seen_subcommand_from rm' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from rm' -l time
complete -c podctl -n '__fish_seen_subcommand_from rm' -l volumes
complete -c podctl -n '__fish_seen_subcommand_from rm' -l depend
complete -c podctl -n '__fish_seen_subcommand_from rm' -l cidfile
complete -c podctl -n '__fish_seen_subcommand_from rm' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'rm' -d 'Remove containers'
complete -c podctl -n __fish_use_subcommand -a 'wait' -d 'Wait until containers end, and print their exit codes'
complete -c podctl -n '__fish_seen_subcommand_from wait' -l condition
complete -c podctl -n '__fish_seen_subcommand_from wait' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from wait' -l interval
complete -c podctl -n '__fish_seen_subcommand_from wait' -l latest
complete -c podctl -n '__fish_seen_subcommand_from wait' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'wait' -d 'Wait until containers end, and print their exit codes'
complete -c podctl -n __fish_use_subcommand -a 'inspect' -d 'Print all that is known of containers, images or pods as JSON'
complete -c podctl -n '__fish_seen_subcommand_from inspect' -l format
complete -c podctl -n '__fish_seen_subcommand_from inspect' -l latest
complete -c podctl -n '__fish_seen_subcommand_from inspect' -l size
complete -c podctl -n '__fish_seen_subcommand_from inspect' -l type
complete -c podctl -n '__fish_seen_subcommand_from inspect' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'inspect' -d 'Print all that is known of containers as JSON'
complete -c podctl -n '__fish_seen_subcommand_from container' -l format
complete -c podctl -n '__fish_seen_subcommand_from container' -l latest
complete -c podctl -n '__fish_seen_subcommand_from container' -l size
complete -c podctl -n '__fish_seen_subcommand_from container' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'exists' -d 'Exit 0 when there is such a container, else 1'
complete -c podctl -n '__fish_seen_subcommand_from container' -l help
complete -c podctl -n __fish_use_subcommand -a 'run' -d 'Run a command in a new container'
complete -c podctl -n '__fish_seen_subcommand_from run' -l attach
complete -c podctl -n '__fish_seen_subcommand_from run' -l detach
complete -c podctl -n '__fish_seen_subcommand_from run' -l detach-keys
complete -c podctl -n '__fish_seen_subcommand_from run' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from run' -l rmi
complete -c podctl -n '__fish_seen_subcommand_from run' -l sig-proxy
complete -c podctl -n '__fish_seen_subcommand_from run' -l add-host
complete -c podctl -n '__fish_seen_subcommand_from run' -l annotation
complete -c podctl -n '__fish_seen_subcommand_from run' -l arch
complete -c podctl -n '__fish_seen_subcommand_from run' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from run' -l cap-add
complete -c podctl -n '__fish_seen_subcommand_from run' -l cap-drop
complete -c podctl -n '__fish_seen_subcommand_from run' -l cgroup-conf
complete -c podctl -n '__fish_seen_subcommand_from run' -l cgroupns
complete -c podctl -n '__fish_seen_subcommand_from run' -l cgroups
complete -c podctl -n '__fish_seen_subcommand_from run' -l chrootdirs
complete -c podctl -n '__fish_seen_subcommand_from run' -l cidfile
complete -c podctl -n '__fish_seen_subcommand_from run' -l conmon-pidfile
complete -c podctl -n '__fish_seen_subcommand_from run' -l device
complete -c podctl -n '__fish_seen_subcommand_from run' -l device-cgroup-rule
complete -c podctl -n '__fish_seen_subcommand_from run' -l disable-content-trust
complete -c podctl -n '__fish_seen_subcommand_from run' -l dns
complete -c podctl -n '__fish_seen_subcommand_from run' -l dns-option
complete -c podctl -n '__fish_seen_subcommand_from run' -l dns-search
complete -c podctl -n '__fish_seen_subcommand_from run' -l entrypoint
complete -c podctl -n '__fish_seen_subcommand_from run' -l env
complete -c podctl -n '__fish_seen_subcommand_from run' -l env-file
complete -c podctl -n '__fish_seen_subcommand_from run' -l env-merge
complete -c podctl -n '__fish_seen_subcommand_from run' -l env-host
complete -c podctl -n '__fish_seen_subcommand_from run' -l expose
complete -c podctl -n '__fish_seen_subcommand_from run' -l group-add
complete -c podctl -n '__fish_seen_subcommand_from run' -l health-cmd
complete -c podctl -n '__fish_seen_subcommand_from run' -l health-interval
complete -c podctl -n '__fish_seen_subcommand_from run' -l health-on-failure
complete -c podctl -n '__fish_seen_subcommand_from run' -l health-retries
complete -c podctl -n '__fish_seen_subcommand_from run' -l health-start-period
complete -c podctl -n '__fish_seen_subcommand_from run' -l health-timeout
complete -c podctl -n '__fish_seen_subcommand_from run' -l hostuser
complete -c podctl -n '__fish_seen_subcommand_from run' -l http-proxy
complete -c podctl -n '__fish_seen_subcommand_from run' -l hostname
complete -c podctl -n '__fish_seen_subcommand_from run' -l image-volume
complete -c podctl -n '__fish_seen_subcommand_from run' -l init
complete -c podctl -n '__fish_seen_subcommand_from run' -l init-path
complete -c podctl -n '__fish_seen_subcommand_from run' -l interactive
complete -c podctl -n '__fish_seen_subcommand_from run' -l ipc
complete -c podctl -n '__fish_seen_subcommand_from run' -l label
complete -c podctl -n '__fish_seen_subcommand_from run' -l label-file
complete -c podctl -n '__fish_seen_subcommand_from run' -l log-driver
complete -c podctl -n '__fish_seen_subcommand_from run' -l log-opt
complete -c podctl -n '__fish_seen_subcommand_from run' -l mount
complete -c podctl -n '__fish_seen_subcommand_from run' -l name
complete -c podctl -n '__fish_seen_subcommand_from run' -l network
complete -c podctl -n '__fish_seen_subcommand_from run' -l no-healthcheck
complete -c podctl -n '__fish_seen_subcommand_from run' -l no-hosts
complete -c podctl -n '__fish_seen_subcommand_from run' -l oom-kill-disable
complete -c podctl -n '__fish_seen_subcommand_from run' -l oom-score-adj
complete -c podctl -n '__fish_seen_subcommand_from run' -l os
complete -c podctl -n '__fish_seen_subcommand_from run' -l passwd
complete -c podctl -n '__fish_seen_subcommand_from run' -l passwd-entry
complete -c podctl -n '__fish_seen_subcommand_from run' -l pid
complete -c podctl -n '__fish_seen_subcommand_from run' -l pidfile
complete -c podctl -n '__fish_seen_subcommand_from run' -l platform
complete -c podctl -n '__fish_seen_subcommand_from run' -l pids-limit
complete -c podctl -n '__fish_seen_subcommand_from run' -l pod
complete -c podctl -n '__fish_seen_subcommand_from run' -l pod-id-file
complete -c podctl -n '__fish_seen_subcommand_from run' -l privileged
complete -c podctl -n '__fish_seen_subcommand_from run' -l publish
complete -c podctl -n '__fish_seen_subcommand_from run' -l publish-all
complete -c podctl -n '__fish_seen_subcommand_from run' -l pull
complete -c podctl -n '__fish_seen_subcommand_from run' -l read-only
complete -c podctl -n '__fish_seen_subcommand_from run' -l read-only-tmpfs
complete -c podctl -n '__fish_seen_subcommand_from run' -l replace
complete -c podctl -n '__fish_seen_subcommand_from run' -l requires
complete -c podctl -n '__fish_seen_subcommand_from run' -l restart
complete -c podctl -n '__fish_seen_subcommand_from run' -l rm
complete -c podctl -n '__fish_seen_subcommand_from run' -l rootfs
complete -c podctl -n '__fish_seen_subcommand_from run' -l security-opt
complete -c podctl -n '__fish_seen_subcommand_from run' -l shm-size
complete -c podctl -n '__fish_seen_subcommand_from run' -l stop-signal
complete -c podctl -n '__fish_seen_subcommand_from run' -l stop-timeout
complete -c podctl -n '__fish_seen_subcommand_from run' -l sysctl
complete -c podctl -n '__fish_seen_subcommand_from run' -l timeout
complete -c podctl -n '__fish_seen_subcommand_from run' -l systemd
complete -c podctl -n '__fish_seen_subcommand_from run' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from run' -l tmpfs
complete -c podctl -n '__fish_seen_subcommand_from run' -l tty
complete -c podctl -n '__fish_seen_subcommand_from run' -l ulimit
complete -c podctl -n '__fish_seen_subcommand_from run' -l tz
complete -c podctl -n '__fish_seen_subcommand_from run' -l umask
complete -c podctl -n '__fish_seen_subcommand_from run' -l unsetenv
complete -c podctl -n '__fish_seen_subcommand_from run' -l unsetenv-all
complete -c podctl -n '__fish_seen_subcommand_from run' -l user
complete -c podctl -n '__fish_seen_subcommand_from run' -l userns
complete -c podctl -n '__fish_seen_subcommand_from run' -l uts
complete -c podctl -n '__fish_seen_subcommand_from run' -l variant
complete -c podctl -n '__fish_seen_subcommand_from run' -l volume
complete -c podctl -n '__fish_seen_subcommand_from run' -l volumes-from
complete -c podctl -n '__fish_seen_subcommand_from run' -l workdir
complete -c podctl -n '__fish_seen_subcommand_from run' -l blkio-weight
complete -c podctl -n '__fish_seen_subcommand_from run' -l blkio-weight-device
complete -c podctl -n '__fish_seen_subcommand_from run' -l cpu-period
complete -c podctl -n '__fish_seen_subcommand_from run' -l cpu-quota
complete -c podctl -n '__fish_seen_subcommand_from run' -l cpu-rt-period
complete -c podctl -n '__fish_seen_subcommand_from run' -l cpu-rt-runtime
complete -c podctl -n '__fish_seen_subcommand_from run' -l cpu-shares
complete -c podctl -n '__fish_seen_subcommand_from run' -l cpus
complete -c podctl -n '__fish_seen_subcommand_from run' -l cpuset-cpus
complete -c podctl -n '__fish_seen_subcommand_from run' -l cpuset-mems
complete -c podctl -n '__fish_seen_subcommand_from run' -l device-read-bps
complete -c podctl -n '__fish_seen_subcommand_from run' -l device-read-iops
complete -c podctl -n '__fish_seen_subcommand_from run' -l device-write-bps
complete -c podctl -n '__fish_seen_subcommand_from run' -l device-write-iops
complete -c podctl -n '__fish_seen_subcommand_from run' -l memory
complete -c podctl -n '__fish_seen_subcommand_from run' -l memory-reservation
complete -c podctl -n '__fish_seen_subcommand_from run' -l memory-swap
complete -c podctl -n '__fish_seen_subcommand_from run' -l memory-swappiness
complete -c podctl -n '__fish_seen_subcommand_from run' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'run' -d 'Run a command in a new container'
complete -c podctl -n __fish_use_subcommand -a 'start' -d 'Start containers'
complete -c podctl -n '__fish_seen_subcommand_from start' -l all
complete -c podctl -n '__fish_seen_subcommand_from start' -l attach
complete -c podctl -n '__fish_seen_subcommand_from start' -l detach-keys
complete -c podctl -n '__fish_seen_subcommand_from start' -l filter
complete -c podctl -n '__fish_seen_subcommand_from start' -l interactive
complete -c podctl -n '__fish_seen_subcommand_from start' -l latest
complete -c podctl -n '__fish_seen_subcommand_from start' -l sig-proxy
complete -c podctl -n '__fish_seen_subcommand_from start' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'start' -d 'Start containers'
complete -c podctl -n __fish_use_subcommand -a 'attach' -d 'Attach to a running container'
complete -c podctl -n '__fish_seen_subcommand_from attach' -l detach-keys
complete -c podctl -n '__fish_seen_subcommand_from attach' -l latest
complete -c podctl -n '__fish_seen_subcommand_from attach' -l no-stdin
complete -c podctl -n '__fish_seen_subcommand_from attach' -l sig-proxy
complete -c podctl -n '__fish_seen_subcommand_from attach' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'attach' -d 'Attach to a running container'
complete -c podctl -n __fish_use_subcommand -a 'exec' -d 'Run one more command in a running container'
complete -c podctl -n '__fish_seen_subcommand_from exec' -l detach
complete -c podctl -n '__fish_seen_subcommand_from exec' -l detach-keys
complete -c podctl -n '__fish_seen_subcommand_from exec' -l env
complete -c podctl -n '__fish_seen_subcommand_from exec' -l env-file
complete -c podctl -n '__fish_seen_subcommand_from exec' -l interactive
complete -c podctl -n '__fish_seen_subcommand_from exec' -l latest
complete -c podctl -n '__fish_seen_subcommand_from exec' -l privileged
complete -c podctl -n '__fish_seen_subcommand_from exec' -l tty
complete -c podctl -n '__fish_seen_subcommand_from exec' -l user
complete -c podctl -n '__fish_seen_subcommand_from exec' -l workdir
complete -c podctl -n '__fish_seen_subcommand_from exec' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'exec' -d 'Run one more command in a running container'
complete -c podctl -n __fish_use_subcommand -a 'logs' -d 'Print what containers wrote'
complete -c podctl -n '__fish_seen_subcommand_from logs' -l follow
complete -c podctl -n '__fish_seen_subcommand_from logs' -l until-pod-ends
complete -c podctl -n '__fish_seen_subcommand_from logs' -l latest
complete -c podctl -n '__fish_seen_subcommand_from logs' -l names
complete -c podctl -n '__fish_seen_subcommand_from logs' -l since
complete -c podctl -n '__fish_seen_subcommand_from logs' -l tail
complete -c podctl -n '__fish_seen_subcommand_from logs' -l timestamps
complete -c podctl -n '__fish_seen_subcommand_from logs' -l until
complete -c podctl -n '__fish_seen_subcommand_from logs' -l color
complete -c podctl -n '__fish_seen_subcommand_from logs' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'logs' -d 'Print what containers wrote'
complete -c podctl -n __fish_use_subcommand -a 'port' -d 'List the published ports of a container'
complete -c podctl -n '__fish_seen_subcommand_from port' -l all
complete -c podctl -n '__fish_seen_subcommand_from port' -l latest
complete -c podctl -n '__fish_seen_subcommand_from port' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'port' -d 'List the published ports of a container'
complete -c podctl -n __fish_use_subcommand -a 'rename' -d 'Give a container another name'
complete -c podctl -n '__fish_seen_subcommand_from rename' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'rename' -d 'Give a container another name'
complete -c podctl -n __fish_use_subcommand -a 'cp' -d 'Copy files into a container, or out of one'
complete -c podctl -n '__fish_seen_subcommand_from cp' -l archive
complete -c podctl -n '__fish_seen_subcommand_from cp' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'cp' -d 'Copy files into a container, or out of one'
complete -c podctl -n __fish_use_subcommand -a 'diff' -d 'List what a container added (A), changed (C) and deleted (D) in its image'
complete -c podctl -n '__fish_seen_subcommand_from diff' -l format
complete -c podctl -n '__fish_seen_subcommand_from diff' -l latest
complete -c podctl -n '__fish_seen_subcommand_from diff' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'diff' -d 'List what a container added (A), changed (C) and deleted (D) in its image'
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'prune' -d 'Remove containers that do not run'
complete -c podctl -n '__fish_seen_subcommand_from container' -l filter
complete -c podctl -n '__fish_seen_subcommand_from container' -l force
complete -c podctl -n '__fish_seen_subcommand_from container' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'prune' -d 'Remove pods that have stopped'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l filter
complete -c podctl -n '__fish_seen_subcommand_from pod' -l force
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'prune' -d 'Remove images nobody needs'
complete -c podctl -n '__fish_seen_subcommand_from image' -l all
complete -c podctl -n '__fish_seen_subcommand_from image' -l filter
complete -c podctl -n '__fish_seen_subcommand_from image' -l force
complete -c podctl -n '__fish_seen_subcommand_from image' -l help
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'prune' -d 'Remove volumes no container uses'
complete -c podctl -n '__fish_seen_subcommand_from volume' -l filter
complete -c podctl -n '__fish_seen_subcommand_from volume' -l force
complete -c podctl -n '__fish_seen_subcommand_from volume' -l help
complete -c podctl -n '__fish_seen_subcommand_from system' -a 'prune' -d 'Remove stopped containers and pods, and images without a name'
complete -c podctl -n '__fish_seen_subcommand_from system' -l all
complete -c podctl -n '__fish_seen_subcommand_from system' -l volumes
complete -c podctl -n '__fish_seen_subcommand_from system' -l filter
complete -c podctl -n '__fish_seen_subcommand_from system' -l force
complete -c podctl -n '__fish_seen_subcommand_from system' -l help
complete -c podctl -n __fish_use_subcommand -a 'import' -d 'Make an image from a tar of a root file system'
complete -c podctl -n '__fish_seen_subcommand_from import' -l change
complete -c podctl -n '__fish_seen_subcommand_from import' -l message
complete -c podctl -n '__fish_seen_subcommand_from import' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from import' -l arch
complete -c podctl -n '__fish_seen_subcommand_from import' -l os
complete -c podctl -n '__fish_seen_subcommand_from import' -l variant
complete -c podctl -n '__fish_seen_subcommand_from import' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'import' -d 'Make an image from a tar of a root file system'
complete -c podctl -n __fish_use_subcommand -a 'load' -d 'Load images from an archive'
complete -c podctl -n '__fish_seen_subcommand_from load' -l input
complete -c podctl -n '__fish_seen_subcommand_from load' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from load' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'load' -d 'Load images from an archive'
complete -c podctl -n __fish_use_subcommand -a 'pull' -d 'Get images from a registry'
complete -c podctl -n '__fish_seen_subcommand_from pull' -l all-tags
complete -c podctl -n '__fish_seen_subcommand_from pull' -l arch
complete -c podctl -n '__fish_seen_subcommand_from pull' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from pull' -l cert-dir
complete -c podctl -n '__fish_seen_subcommand_from pull' -l creds
complete -c podctl -n '__fish_seen_subcommand_from pull' -l disable-content-trust
complete -c podctl -n '__fish_seen_subcommand_from pull' -l keep-blobs
complete -c podctl -n '__fish_seen_subcommand_from pull' -l os
complete -c podctl -n '__fish_seen_subcommand_from pull' -l platform
complete -c podctl -n '__fish_seen_subcommand_from pull' -l policy
complete -c podctl -n '__fish_seen_subcommand_from pull' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from pull' -l retry
complete -c podctl -n '__fish_seen_subcommand_from pull' -l retry-delay
complete -c podctl -n '__fish_seen_subcommand_from pull' -l signature-policy
complete -c podctl -n '__fish_seen_subcommand_from pull' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from pull' -l variant
complete -c podctl -n '__fish_seen_subcommand_from pull' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'pull' -d 'Get images from a registry'
complete -c podctl -n __fish_use_subcommand -a 'rmi' -d 'Remove images, or one of their names'
complete -c podctl -n '__fish_seen_subcommand_from rmi' -l all
complete -c podctl -n '__fish_seen_subcommand_from rmi' -l force
complete -c podctl -n '__fish_seen_subcommand_from rmi' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from rmi' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'rm' -d 'Remove images, or one of their names'
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'remove' -d 'Remove images, or one of their names'
complete -c podctl -n __fish_use_subcommand -a 'tag' -d 'Give an image another name'
complete -c podctl -n '__fish_seen_subcommand_from tag' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'tag' -d 'Give an image another name'
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'inspect' -d 'Print all that is known of images as JSON'
complete -c podctl -n '__fish_seen_subcommand_from image' -l format
complete -c podctl -n '__fish_seen_subcommand_from image' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'exists' -d 'Exit 0 when there is such an image, else 1'
complete -c podctl -n '__fish_seen_subcommand_from image' -l help
complete -c podctl -n __fish_use_subcommand -a 'images' -d 'List images'
complete -c podctl -n '__fish_seen_subcommand_from images' -l all
complete -c podctl -n '__fish_seen_subcommand_from images' -l digests
complete -c podctl -n '__fish_seen_subcommand_from images' -l filter
complete -c podctl -n '__fish_seen_subcommand_from images' -l format
complete -c podctl -n '__fish_seen_subcommand_from images' -l history
complete -c podctl -n '__fish_seen_subcommand_from images' -l no-trunc
complete -c podctl -n '__fish_seen_subcommand_from images' -l noheading
complete -c podctl -n '__fish_seen_subcommand_from images' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from images' -l sort
complete -c podctl -n '__fish_seen_subcommand_from images' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'list' -d 'List images'
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'ls' -d 'List images'
complete -c podctl -n __fish_use_subcommand -a 'history' -d 'Show what an image was made of'
complete -c podctl -n '__fish_seen_subcommand_from history' -l format
complete -c podctl -n '__fish_seen_subcommand_from history' -l human
complete -c podctl -n '__fish_seen_subcommand_from history' -l no-trunc
complete -c podctl -n '__fish_seen_subcommand_from history' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from history' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'history' -d 'Show what an image was made of'
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'tree' -d 'Show an image's layers'
complete -c podctl -n '__fish_seen_subcommand_from image' -l whatrequires
complete -c podctl -n '__fish_seen_subcommand_from image' -l help
complete -c podctl -n __fish_use_subcommand -a 'untag' -d 'Take names from an image'
complete -c podctl -n '__fish_seen_subcommand_from untag' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'untag' -d 'Take names from an image'
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'mount' -d 'Mount images read-only and print where'
complete -c podctl -n '__fish_seen_subcommand_from image' -l all
complete -c podctl -n '__fish_seen_subcommand_from image' -l format
complete -c podctl -n '__fish_seen_subcommand_from image' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'unmount' -d 'Unmount images'
complete -c podctl -n '__fish_seen_subcommand_from image' -l all
complete -c podctl -n '__fish_seen_subcommand_from image' -l force
complete -c podctl -n '__fish_seen_subcommand_from image' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'umount' -d 'Unmount images'
complete -c podctl -n __fish_use_subcommand -a 'commit' -d 'Make an image of what a container changed'
complete -c podctl -n '__fish_seen_subcommand_from commit' -l author
complete -c podctl -n '__fish_seen_subcommand_from commit' -l change
complete -c podctl -n '__fish_seen_subcommand_from commit' -l format
complete -c podctl -n '__fish_seen_subcommand_from commit' -l iidfile
complete -c podctl -n '__fish_seen_subcommand_from commit' -l include-volumes
complete -c podctl -n '__fish_seen_subcommand_from commit' -l message
complete -c podctl -n '__fish_seen_subcommand_from commit' -l pause
complete -c podctl -n '__fish_seen_subcommand_from commit' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from commit' -l squash
complete -c podctl -n '__fish_seen_subcommand_from commit' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'commit' -d 'Make an image of what a container changed'
complete -c podctl -n __fish_use_subcommand -a 'export' -d 'Write a container's files as a tar'
complete -c podctl -n '__fish_seen_subcommand_from export' -l output
complete -c podctl -n '__fish_seen_subcommand_from export' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'export' -d 'Write a container's files as a tar'
complete -c podctl -n __fish_use_subcommand -a 'push' -d 'Write an image to a registry, an archive or a directory'
complete -c podctl -n '__fish_seen_subcommand_from push' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from push' -l cert-dir
complete -c podctl -n '__fish_seen_subcommand_from push' -l compress
complete -c podctl -n '__fish_seen_subcommand_from push' -l compression-format
complete -c podctl -n '__fish_seen_subcommand_from push' -l compression-level
complete -c podctl -n '__fish_seen_subcommand_from push' -l creds
complete -c podctl -n '__fish_seen_subcommand_from push' -l digestfile
complete -c podctl -n '__fish_seen_subcommand_from push' -l force-compression
complete -c podctl -n '__fish_seen_subcommand_from push' -l format
complete -c podctl -n '__fish_seen_subcommand_from push' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from push' -l remove-signatures
complete -c podctl -n '__fish_seen_subcommand_from push' -l retry
complete -c podctl -n '__fish_seen_subcommand_from push' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from push' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'push' -d 'Write an image to a registry, an archive or a directory'
complete -c podctl -n __fish_use_subcommand -a 'save' -d 'Write images into an archive or a directory'
complete -c podctl -n '__fish_seen_subcommand_from save' -l compress
complete -c podctl -n '__fish_seen_subcommand_from save' -l format
complete -c podctl -n '__fish_seen_subcommand_from save' -l multi-image-archive
complete -c podctl -n '__fish_seen_subcommand_from save' -l output
complete -c podctl -n '__fish_seen_subcommand_from save' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from save' -l uncompressed
complete -c podctl -n '__fish_seen_subcommand_from save' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'save' -d 'Write images into an archive or a directory'
complete -c podctl -n __fish_use_subcommand -a 'login' -d 'Log in to a registry'
complete -c podctl -n '__fish_seen_subcommand_from login' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from login' -l cert-dir
complete -c podctl -n '__fish_seen_subcommand_from login' -l compat-auth-file
complete -c podctl -n '__fish_seen_subcommand_from login' -l get-login
complete -c podctl -n '__fish_seen_subcommand_from login' -l password
complete -c podctl -n '__fish_seen_subcommand_from login' -l password-stdin
complete -c podctl -n '__fish_seen_subcommand_from login' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from login' -l username
complete -c podctl -n '__fish_seen_subcommand_from login' -l verbose
complete -c podctl -n '__fish_seen_subcommand_from login' -l help
complete -c podctl -n __fish_use_subcommand -a 'logout' -d 'Forget the credentials of a registry'
complete -c podctl -n '__fish_seen_subcommand_from logout' -l all
complete -c podctl -n '__fish_seen_subcommand_from logout' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from logout' -l compat-auth-file
complete -c podctl -n '__fish_seen_subcommand_from logout' -l help
complete -c podctl -n __fish_use_subcommand -a 'search' -d 'Look for images in registries'
complete -c podctl -n '__fish_seen_subcommand_from search' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from search' -l cert-dir
complete -c podctl -n '__fish_seen_subcommand_from search' -l compatible
complete -c podctl -n '__fish_seen_subcommand_from search' -l creds
complete -c podctl -n '__fish_seen_subcommand_from search' -l filter
complete -c podctl -n '__fish_seen_subcommand_from search' -l format
complete -c podctl -n '__fish_seen_subcommand_from search' -l limit
complete -c podctl -n '__fish_seen_subcommand_from search' -l list-tags
complete -c podctl -n '__fish_seen_subcommand_from search' -l no-trunc
complete -c podctl -n '__fish_seen_subcommand_from search' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from search' -l help
complete -c podctl -n '__fish_seen_subcommand_from image' -a 'search' -d 'Look for images in registries'
complete -c podctl -n '__fish_seen_subcommand_from manifest' -a 'create' -d 'Make a manifest list'
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l all
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l amend
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l cert-dir
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l creds
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l help
complete -c podctl -n '__fish_seen_subcommand_from manifest' -a 'add' -d 'Add images to a manifest list'
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l all
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l annotation
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l arch
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l features
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l os
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l os-features
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l os-version
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l variant
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l cert-dir
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l creds
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l help
complete -c podctl -n '__fish_seen_subcommand_from manifest' -a 'annotate' -d 'Change what a list says of an image'
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l annotation
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l arch
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l features
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l os
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l os-features
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l os-version
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l variant
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l help
complete -c podctl -n '__fish_seen_subcommand_from manifest' -a 'exists' -d 'Exit 0 when there is such a list, else 1'
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l help
complete -c podctl -n '__fish_seen_subcommand_from manifest' -a 'inspect' -d 'Print a manifest list, from here or a registry'
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l verbose
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l cert-dir
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l creds
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l help
complete -c podctl -n '__fish_seen_subcommand_from manifest' -a 'push' -d 'Push a list and its images to a registry'
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l all
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l compression-format
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l compression-level
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l digestfile
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l force-compression
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l format
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l remove-signatures
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l rm
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l cert-dir
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l creds
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l help
complete -c podctl -n '__fish_seen_subcommand_from manifest' -a 'remove' -d 'Take an image out of a list'
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l help
complete -c podctl -n '__fish_seen_subcommand_from manifest' -a 'rm' -d 'Remove manifest lists'
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from manifest' -l help
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'create' -d 'Create a volume'
complete -c podctl -n '__fish_seen_subcommand_from volume' -l driver
complete -c podctl -n '__fish_seen_subcommand_from volume' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from volume' -l label
complete -c podctl -n '__fish_seen_subcommand_from volume' -l help
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'ls' -d 'List volumes'
complete -c podctl -n '__fish_seen_subcommand_from volume' -l filter
complete -c podctl -n '__fish_seen_subcommand_from volume' -l format
complete -c podctl -n '__fish_seen_subcommand_from volume' -l noheading
complete -c podctl -n '__fish_seen_subcommand_from volume' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from volume' -l help
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'list' -d 'List volumes'
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'inspect' -d 'Print all that is known of volumes as JSON'
complete -c podctl -n '__fish_seen_subcommand_from volume' -l all
complete -c podctl -n '__fish_seen_subcommand_from volume' -l format
complete -c podctl -n '__fish_seen_subcommand_from volume' -l help
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'rm' -d 'Remove volumes and what is in them'
complete -c podctl -n '__fish_seen_subcommand_from volume' -l all
complete -c podctl -n '__fish_seen_subcommand_from volume' -l force
complete -c podctl -n '__fish_seen_subcommand_from volume' -l time
complete -c podctl -n '__fish_seen_subcommand_from volume' -l help
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'remove' -d 'Remove volumes and what is in them'
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'export' -d 'Write a volume's files as a tar'
complete -c podctl -n '__fish_seen_subcommand_from volume' -l output
complete -c podctl -n '__fish_seen_subcommand_from volume' -l help
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'import' -d 'Put the files of a tar into a volume'
complete -c podctl -n '__fish_seen_subcommand_from volume' -l help
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'mount' -d 'Print where volumes are'
complete -c podctl -n '__fish_seen_subcommand_from volume' -l help
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'unmount' -d 'Undo volume mount'
complete -c podctl -n '__fish_seen_subcommand_from volume' -l help
complete -c podctl -n '__fish_seen_subcommand_from volume' -a 'exists' -d 'Exit 0 when there is such a volume, else 1'
complete -c podctl -n '__fish_seen_subcommand_from volume' -l help
complete -c podctl -n '__fish_seen_subcommand_from secret' -a 'create' -d 'Create a secret'
complete -c podctl -n '__fish_seen_subcommand_from secret' -l driver
complete -c podctl -n '__fish_seen_subcommand_from secret' -l env
complete -c podctl -n '__fish_seen_subcommand_from secret' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from secret' -l label
complete -c podctl -n '__fish_seen_subcommand_from secret' -l replace
complete -c podctl -n '__fish_seen_subcommand_from secret' -l help
complete -c podctl -n '__fish_seen_subcommand_from secret' -a 'ls' -d 'List secrets'
complete -c podctl -n '__fish_seen_subcommand_from secret' -l filter
complete -c podctl -n '__fish_seen_subcommand_from secret' -l format
complete -c podctl -n '__fish_seen_subcommand_from secret' -l noheading
complete -c podctl -n '__fish_seen_subcommand_from secret' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from secret' -l help
complete -c podctl -n '__fish_seen_subcommand_from secret' -a 'list' -d 'List secrets'
complete -c podctl -n '__fish_seen_subcommand_from secret' -a 'inspect' -d 'Print what is known of secrets as JSON'
complete -c podctl -n '__fish_seen_subcommand_from secret' -l format
complete -c podctl -n '__fish_seen_subcommand_from secret' -l pretty
complete -c podctl -n '__fish_seen_subcommand_from secret' -l showsecret
complete -c podctl -n '__fish_seen_subcommand_from secret' -l help
complete -c podctl -n '__fish_seen_subcommand_from secret' -a 'rm' -d 'Remove secrets'
complete -c podctl -n '__fish_seen_subcommand_from secret' -l all
complete -c podctl -n '__fish_seen_subcommand_from secret' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from secret' -l help
complete -c podctl -n '__fish_seen_subcommand_from secret' -a 'remove' -d 'Remove secrets'
complete -c podctl -n '__fish_seen_subcommand_from secret' -a 'exists' -d 'Exit 0 when there is such a secret, else 1'
complete -c podctl -n '__fish_seen_subcommand_from secret' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'create' -d 'Create a pod'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l add-host
complete -c podctl -n '__fish_seen_subcommand_from pod' -l dns
complete -c podctl -n '__fish_seen_subcommand_from pod' -l dns-option
complete -c podctl -n '__fish_seen_subcommand_from pod' -l dns-search
complete -c podctl -n '__fish_seen_subcommand_from pod' -l exit-policy
complete -c podctl -n '__fish_seen_subcommand_from pod' -l hostname
complete -c podctl -n '__fish_seen_subcommand_from pod' -l infra
complete -c podctl -n '__fish_seen_subcommand_from pod' -l label
complete -c podctl -n '__fish_seen_subcommand_from pod' -l name
complete -c podctl -n '__fish_seen_subcommand_from pod' -l network
complete -c podctl -n '__fish_seen_subcommand_from pod' -l no-hosts
complete -c podctl -n '__fish_seen_subcommand_from pod' -l pod-id-file
complete -c podctl -n '__fish_seen_subcommand_from pod' -l publish
complete -c podctl -n '__fish_seen_subcommand_from pod' -l replace
complete -c podctl -n '__fish_seen_subcommand_from pod' -l share
complete -c podctl -n '__fish_seen_subcommand_from pod' -l sysctl
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'ps' -d 'List pods'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l ctr-ids
complete -c podctl -n '__fish_seen_subcommand_from pod' -l ctr-names
complete -c podctl -n '__fish_seen_subcommand_from pod' -l ctr-status
complete -c podctl -n '__fish_seen_subcommand_from pod' -l filter
complete -c podctl -n '__fish_seen_subcommand_from pod' -l format
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l no-trunc
complete -c podctl -n '__fish_seen_subcommand_from pod' -l noheading
complete -c podctl -n '__fish_seen_subcommand_from pod' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from pod' -l sort
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'ls' -d 'List pods'
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'list' -d 'List pods'
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'inspect' -d 'Print all that is known of pods as JSON'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l format
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'start' -d 'Start pods'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l all
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l filter
complete -c podctl -n '__fish_seen_subcommand_from pod' -l pod-id-file
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'stop' -d 'Stop pods'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l all
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l filter
complete -c podctl -n '__fish_seen_subcommand_from pod' -l pod-id-file
complete -c podctl -n '__fish_seen_subcommand_from pod' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from pod' -l time
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'restart' -d 'Stop pods and start them again'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l all
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l filter
complete -c podctl -n '__fish_seen_subcommand_from pod' -l pod-id-file
complete -c podctl -n '__fish_seen_subcommand_from pod' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from pod' -l time
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'kill' -d 'Send a signal to all containers of pods'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l all
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l filter
complete -c podctl -n '__fish_seen_subcommand_from pod' -l signal
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'pause' -d 'Freeze all processes of pods'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l all
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l filter
complete -c podctl -n '__fish_seen_subcommand_from pod' -l pod-id-file
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'unpause' -d 'Let frozen pods go on'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l all
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l filter
complete -c podctl -n '__fish_seen_subcommand_from pod' -l pod-id-file
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'rm' -d 'Remove pods and their containers'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l all
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l filter
complete -c podctl -n '__fish_seen_subcommand_from pod' -l pod-id-file
complete -c podctl -n '__fish_seen_subcommand_from pod' -l force
complete -c podctl -n '__fish_seen_subcommand_from pod' -l ignore
complete -c podctl -n '__fish_seen_subcommand_from pod' -l time
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'logs' -d 'Print what the containers of a pod wrote'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l container
complete -c podctl -n '__fish_seen_subcommand_from pod' -l follow
complete -c podctl -n '__fish_seen_subcommand_from pod' -l until-pod-ends
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l names
complete -c podctl -n '__fish_seen_subcommand_from pod' -l since
complete -c podctl -n '__fish_seen_subcommand_from pod' -l tail
complete -c podctl -n '__fish_seen_subcommand_from pod' -l timestamps
complete -c podctl -n '__fish_seen_subcommand_from pod' -l until
complete -c podctl -n '__fish_seen_subcommand_from pod' -l color
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'exists' -d 'Exit 0 when there is such a pod, else 1'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n '__fish_seen_subcommand_from play' -a 'kube' -d 'Run the pods of a Kubernetes manifest'
complete -c podctl -n '__fish_seen_subcommand_from play' -l down
complete -c podctl -n '__fish_seen_subcommand_from play' -l dry-run
complete -c podctl -n '__fish_seen_subcommand_from play' -l force
complete -c podctl -n '__fish_seen_subcommand_from play' -l logs
complete -c podctl -n '__fish_seen_subcommand_from play' -l output
complete -c podctl -n '__fish_seen_subcommand_from play' -l prune
complete -c podctl -n '__fish_seen_subcommand_from play' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from play' -l replace
complete -c podctl -n '__fish_seen_subcommand_from play' -l start
complete -c podctl -n '__fish_seen_subcommand_from play' -l wait
complete -c podctl -n '__fish_seen_subcommand_from play' -l wait-ready
complete -c podctl -n '__fish_seen_subcommand_from play' -l authfile
complete -c podctl -n '__fish_seen_subcommand_from play' -l creds
complete -c podctl -n '__fish_seen_subcommand_from play' -l tls-verify
complete -c podctl -n '__fish_seen_subcommand_from play' -l userns
complete -c podctl -n '__fish_seen_subcommand_from play' -l build
complete -c podctl -n '__fish_seen_subcommand_from play' -l cert-dir
complete -c podctl -n '__fish_seen_subcommand_from play' -l strict
complete -c podctl -n '__fish_seen_subcommand_from play' -l validate
complete -c podctl -n '__fish_seen_subcommand_from play' -l verbose
complete -c podctl -n '__fish_seen_subcommand_from play' -l seccomp-profile-root
complete -c podctl -n '__fish_seen_subcommand_from play' -l configmap
complete -c podctl -n '__fish_seen_subcommand_from play' -l network
complete -c podctl -n '__fish_seen_subcommand_from play' -l ip
complete -c podctl -n '__fish_seen_subcommand_from play' -l mac-address
complete -c podctl -n '__fish_seen_subcommand_from play' -l no-hosts
complete -c podctl -n '__fish_seen_subcommand_from play' -l no-hostname
complete -c podctl -n '__fish_seen_subcommand_from play' -l no-pod-prefix
complete -c podctl -n '__fish_seen_subcommand_from play' -l publish
complete -c podctl -n '__fish_seen_subcommand_from play' -l publish-all
complete -c podctl -n '__fish_seen_subcommand_from play' -l annotation
complete -c podctl -n '__fish_seen_subcommand_from play' -l log-driver
complete -c podctl -n '__fish_seen_subcommand_from play' -l log-opt
complete -c podctl -n '__fish_seen_subcommand_from play' -l help
complete -c podctl -n '__fish_seen_subcommand_from kube' -a 'play' -d 'Run the pods of a Kubernetes manifest'
complete -c podctl -n '__fish_seen_subcommand_from kube' -a 'down' -d 'Stop and remove what a Kubernetes manifest made'
complete -c podctl -n '__fish_seen_subcommand_from kube' -l force
complete -c podctl -n '__fish_seen_subcommand_from kube' -l help
complete -c podctl -n '__fish_seen_subcommand_from kube' -a 'diff' -d 'Show what playing a manifest would change'
complete -c podctl -n '__fish_seen_subcommand_from kube' -l configmap
complete -c podctl -n '__fish_seen_subcommand_from kube' -l network
complete -c podctl -n '__fish_seen_subcommand_from kube' -l ip
complete -c podctl -n '__fish_seen_subcommand_from kube' -l mac-address
complete -c podctl -n '__fish_seen_subcommand_from kube' -l no-hosts
complete -c podctl -n '__fish_seen_subcommand_from kube' -l no-hostname
complete -c podctl -n '__fish_seen_subcommand_from kube' -l no-pod-prefix
complete -c podctl -n '__fish_seen_subcommand_from kube' -l publish
complete -c podctl -n '__fish_seen_subcommand_from kube' -l publish-all
complete -c podctl -n '__fish_seen_subcommand_from kube' -l annotation
complete -c podctl -n '__fish_seen_subcommand_from kube' -l log-driver
complete -c podctl -n '__fish_seen_subcommand_from kube' -l log-opt
complete -c podctl -n '__fish_seen_subcommand_from kube' -l help
complete -c podctl -n '__fish_seen_subcommand_from kube' -a 'explain' -d 'Say what a field of a manifest is, and what podctl does with it'
complete -c podctl -n '__fish_seen_subcommand_from kube' -l support
complete -c podctl -n '__fish_seen_subcommand_from kube' -l help
complete -c podctl -n '__fish_seen_subcommand_from generate' -a 'kube' -d 'Write pods, containers and volumes as Kubernetes YAML'
complete -c podctl -n '__fish_seen_subcommand_from generate' -l filename
complete -c podctl -n '__fish_seen_subcommand_from generate' -l no-trunc
complete -c podctl -n '__fish_seen_subcommand_from generate' -l podman-only
complete -c podctl -n '__fish_seen_subcommand_from generate' -l redact
complete -c podctl -n '__fish_seen_subcommand_from generate' -l replicas
complete -c podctl -n '__fish_seen_subcommand_from generate' -l service
complete -c podctl -n '__fish_seen_subcommand_from generate' -l type
complete -c podctl -n '__fish_seen_subcommand_from generate' -l help
complete -c podctl -n '__fish_seen_subcommand_from kube' -a 'generate' -d 'Write pods, containers and volumes as Kubernetes YAML'
complete -c podctl -n '__fish_seen_subcommand_from kube' -a 'get' -d 'Show pods as kubectl does'
complete -c podctl -n '__fish_seen_subcommand_from kube' -l all-namespaces
complete -c podctl -n '__fish_seen_subcommand_from kube' -l namespace
complete -c podctl -n '__fish_seen_subcommand_from kube' -l no-headers
complete -c podctl -n '__fish_seen_subcommand_from kube' -l output
complete -c podctl -n '__fish_seen_subcommand_from kube' -l selector
complete -c podctl -n '__fish_seen_subcommand_from kube' -l show-labels
complete -c podctl -n '__fish_seen_subcommand_from kube' -l watch
complete -c podctl -n '__fish_seen_subcommand_from kube' -l help
complete -c podctl -n '__fish_seen_subcommand_from kube' -a 'describe' -d 'Show a pod, its containers, conditions and events in full'
complete -c podctl -n '__fish_seen_subcommand_from kube' -l namespace
complete -c podctl -n '__fish_seen_subcommand_from kube' -l selector
complete -c podctl -n '__fish_seen_subcommand_from kube' -l show-events
complete -c podctl -n '__fish_seen_subcommand_from kube' -l help
complete -c podctl -n '__fish_seen_subcommand_from kube' -a 'events' -d 'Show what happened to pods'
complete -c podctl -n '__fish_seen_subcommand_from kube' -l for
complete -c podctl -n '__fish_seen_subcommand_from kube' -l namespace
complete -c podctl -n '__fish_seen_subcommand_from kube' -l no-headers
complete -c podctl -n '__fish_seen_subcommand_from kube' -l output
complete -c podctl -n '__fish_seen_subcommand_from kube' -l types
complete -c podctl -n '__fish_seen_subcommand_from kube' -l watch
complete -c podctl -n '__fish_seen_subcommand_from kube' -l help
complete -c podctl -n '__fish_seen_subcommand_from kube' -a 'wait' -d 'Wait until pods are as wanted'
complete -c podctl -n '__fish_seen_subcommand_from kube' -l all
complete -c podctl -n '__fish_seen_subcommand_from kube' -l for
complete -c podctl -n '__fish_seen_subcommand_from kube' -l namespace
complete -c podctl -n '__fish_seen_subcommand_from kube' -l selector
complete -c podctl -n '__fish_seen_subcommand_from kube' -l timeout
complete -c podctl -n '__fish_seen_subcommand_from kube' -l help
complete -c podctl -n '__fish_seen_subcommand_from kube' -a 'logs' -d 'Print a pod's logs as kubectl does'
complete -c podctl -n '__fish_seen_subcommand_from kube' -l all-containers
complete -c podctl -n '__fish_seen_subcommand_from kube' -l container
complete -c podctl -n '__fish_seen_subcommand_from kube' -l follow
complete -c podctl -n '__fish_seen_subcommand_from kube' -l prefix
complete -c podctl -n '__fish_seen_subcommand_from kube' -l previous
complete -c podctl -n '__fish_seen_subcommand_from kube' -l selector
complete -c podctl -n '__fish_seen_subcommand_from kube' -l since
complete -c podctl -n '__fish_seen_subcommand_from kube' -l tail
complete -c podctl -n '__fish_seen_subcommand_from kube' -l timestamps
complete -c podctl -n '__fish_seen_subcommand_from kube' -l help
complete -c podctl -n __fish_use_subcommand -a 'why' -d 'Say why a pod is not ready: the first cause, what it said, and when it is tried again'
complete -c podctl -n '__fish_seen_subcommand_from why' -l help
complete -c podctl -n __fish_use_subcommand -a 'info' -d 'Show the engine and this machine'
complete -c podctl -n '__fish_seen_subcommand_from info' -l check
complete -c podctl -n '__fish_seen_subcommand_from info' -l format
complete -c podctl -n '__fish_seen_subcommand_from info' -l help
complete -c podctl -n '__fish_seen_subcommand_from system' -a 'info' -d 'Show the engine and this machine'
complete -c podctl -n __fish_use_subcommand -a 'version' -d 'Show the version'
complete -c podctl -n '__fish_seen_subcommand_from version' -l format
complete -c podctl -n '__fish_seen_subcommand_from version' -l help
complete -c podctl -n '__fish_seen_subcommand_from system' -a 'reset' -d 'Remove all pods, containers, images, volumes and networks of the engine'
complete -c podctl -n '__fish_seen_subcommand_from system' -l force
complete -c podctl -n '__fish_seen_subcommand_from system' -l help
complete -c podctl -n __fish_use_subcommand -a 'unshare' -d 'Run a command, or a shell, in the user's namespaces'
complete -c podctl -n '__fish_seen_subcommand_from unshare' -l help
complete -c podctl -n __fish_use_subcommand -a 'help' -d 'Show the help of a command'
complete -c podctl -n '__fish_seen_subcommand_from help' -l help
complete -c podctl -n '__fish_seen_subcommand_from docs' -a 'man' -d 'Print the man page of a command'
complete -c podctl -n '__fish_seen_subcommand_from docs' -l help
complete -c podctl -n '__fish_seen_subcommand_from docs' -a 'completion' -d 'Print completion for a shell'
complete -c podctl -n '__fish_seen_subcommand_from docs' -l help
complete -c podctl -n __fish_use_subcommand -a 'completion' -d 'Print completion for a shell'
complete -c podctl -n '__fish_seen_subcommand_from system' -a 'df' -d 'Show what images, containers and volumes take on disk'
complete -c podctl -n '__fish_seen_subcommand_from system' -l format
complete -c podctl -n '__fish_seen_subcommand_from system' -l verbose
complete -c podctl -n '__fish_seen_subcommand_from system' -l help
complete -c podctl -n __fish_use_subcommand -a 'events' -d 'Show what happens to containers, pods, images and volumes'
complete -c podctl -n '__fish_seen_subcommand_from events' -l filter
complete -c podctl -n '__fish_seen_subcommand_from events' -l format
complete -c podctl -n '__fish_seen_subcommand_from events' -l no-trunc
complete -c podctl -n '__fish_seen_subcommand_from events' -l since
complete -c podctl -n '__fish_seen_subcommand_from events' -l stream
complete -c podctl -n '__fish_seen_subcommand_from events' -l until
complete -c podctl -n '__fish_seen_subcommand_from events' -l help
complete -c podctl -n '__fish_seen_subcommand_from system' -a 'events' -d 'Show what happens to containers, pods, images and volumes'
complete -c podctl -n '__fish_seen_subcommand_from healthcheck' -a 'run' -d 'Run a container's health check now'
complete -c podctl -n '__fish_seen_subcommand_from healthcheck' -l help
complete -c podctl -n __fish_use_subcommand -a 'stats' -d 'Show what containers use'
complete -c podctl -n '__fish_seen_subcommand_from stats' -l all
complete -c podctl -n '__fish_seen_subcommand_from stats' -l format
complete -c podctl -n '__fish_seen_subcommand_from stats' -l interval
complete -c podctl -n '__fish_seen_subcommand_from stats' -l latest
complete -c podctl -n '__fish_seen_subcommand_from stats' -l no-reset
complete -c podctl -n '__fish_seen_subcommand_from stats' -l no-stream
complete -c podctl -n '__fish_seen_subcommand_from stats' -l no-trunc
complete -c podctl -n '__fish_seen_subcommand_from stats' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'stats' -d 'Show what containers use'
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'stats' -d 'Show what the containers of pods use'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l all
complete -c podctl -n '__fish_seen_subcommand_from pod' -l format
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l no-reset
complete -c podctl -n '__fish_seen_subcommand_from pod' -l no-stream
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n __fish_use_subcommand -a 'top' -d 'List the processes of a container'
complete -c podctl -n '__fish_seen_subcommand_from top' -l latest
complete -c podctl -n '__fish_seen_subcommand_from top' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'top' -d 'List the processes of a container'
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'top' -d 'List the processes of a pod'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l latest
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n __fish_use_subcommand -a 'update' -d 'Change the limits of a container'
complete -c podctl -n '__fish_seen_subcommand_from update' -l blkio-weight
complete -c podctl -n '__fish_seen_subcommand_from update' -l blkio-weight-device
complete -c podctl -n '__fish_seen_subcommand_from update' -l cpu-period
complete -c podctl -n '__fish_seen_subcommand_from update' -l cpu-quota
complete -c podctl -n '__fish_seen_subcommand_from update' -l cpu-rt-period
complete -c podctl -n '__fish_seen_subcommand_from update' -l cpu-rt-runtime
complete -c podctl -n '__fish_seen_subcommand_from update' -l cpu-shares
complete -c podctl -n '__fish_seen_subcommand_from update' -l cpus
complete -c podctl -n '__fish_seen_subcommand_from update' -l cpuset-cpus
complete -c podctl -n '__fish_seen_subcommand_from update' -l cpuset-mems
complete -c podctl -n '__fish_seen_subcommand_from update' -l device-read-bps
complete -c podctl -n '__fish_seen_subcommand_from update' -l device-read-iops
complete -c podctl -n '__fish_seen_subcommand_from update' -l device-write-bps
complete -c podctl -n '__fish_seen_subcommand_from update' -l device-write-iops
complete -c podctl -n '__fish_seen_subcommand_from update' -l memory
complete -c podctl -n '__fish_seen_subcommand_from update' -l memory-reservation
complete -c podctl -n '__fish_seen_subcommand_from update' -l memory-swap
complete -c podctl -n '__fish_seen_subcommand_from update' -l memory-swappiness
complete -c podctl -n '__fish_seen_subcommand_from update' -l latest
complete -c podctl -n '__fish_seen_subcommand_from update' -l pids-limit
complete -c podctl -n '__fish_seen_subcommand_from update' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'update' -d 'Change the limits of a container'
complete -c podctl -n '__fish_seen_subcommand_from network' -a 'ls' -d 'List networks'
complete -c podctl -n '__fish_seen_subcommand_from network' -l filter
complete -c podctl -n '__fish_seen_subcommand_from network' -l format
complete -c podctl -n '__fish_seen_subcommand_from network' -l no-trunc
complete -c podctl -n '__fish_seen_subcommand_from network' -l noheading
complete -c podctl -n '__fish_seen_subcommand_from network' -l quiet
complete -c podctl -n '__fish_seen_subcommand_from network' -l help
complete -c podctl -n '__fish_seen_subcommand_from network' -a 'list' -d 'List networks'
complete -c podctl -n '__fish_seen_subcommand_from network' -a 'inspect' -d 'Print all that is known of networks as JSON'
complete -c podctl -n '__fish_seen_subcommand_from network' -l format
complete -c podctl -n '__fish_seen_subcommand_from network' -l help
complete -c podctl -n '__fish_seen_subcommand_from network' -a 'exists' -d 'Exit 0 when there is such a network, else 1'
complete -c podctl -n '__fish_seen_subcommand_from network' -l help
complete -c podctl -n '__fish_seen_subcommand_from network' -a 'rm' -d 'Remove networks'
complete -c podctl -n '__fish_seen_subcommand_from network' -l force
complete -c podctl -n '__fish_seen_subcommand_from network' -l time
complete -c podctl -n '__fish_seen_subcommand_from network' -l help
complete -c podctl -n '__fish_seen_subcommand_from network' -a 'remove' -d 'Remove networks'
complete -c podctl -n '__fish_seen_subcommand_from network' -a 'prune' -d 'Remove networks that nobody uses'
complete -c podctl -n '__fish_seen_subcommand_from network' -l filter
complete -c podctl -n '__fish_seen_subcommand_from network' -l force
complete -c podctl -n '__fish_seen_subcommand_from network' -l help
complete -c podctl -n '__fish_seen_subcommand_from container' -a 'clone' -d 'Make another container of the same making'
complete -c podctl -n '__fish_seen_subcommand_from container' -l destroy
complete -c podctl -n '__fish_seen_subcommand_from container' -l force
complete -c podctl -n '__fish_seen_subcommand_from container' -l name
complete -c podctl -n '__fish_seen_subcommand_from container' -l pod
complete -c podctl -n '__fish_seen_subcommand_from container' -l run
complete -c podctl -n '__fish_seen_subcommand_from container' -l blkio-weight
complete -c podctl -n '__fish_seen_subcommand_from container' -l blkio-weight-device
complete -c podctl -n '__fish_seen_subcommand_from container' -l cpu-period
complete -c podctl -n '__fish_seen_subcommand_from container' -l cpu-quota
complete -c podctl -n '__fish_seen_subcommand_from container' -l cpu-rt-period
complete -c podctl -n '__fish_seen_subcommand_from container' -l cpu-rt-runtime
complete -c podctl -n '__fish_seen_subcommand_from container' -l cpu-shares
complete -c podctl -n '__fish_seen_subcommand_from container' -l cpus
complete -c podctl -n '__fish_seen_subcommand_from container' -l cpuset-cpus
complete -c podctl -n '__fish_seen_subcommand_from container' -l cpuset-mems
complete -c podctl -n '__fish_seen_subcommand_from container' -l device-read-bps
complete -c podctl -n '__fish_seen_subcommand_from container' -l device-read-iops
complete -c podctl -n '__fish_seen_subcommand_from container' -l device-write-bps
complete -c podctl -n '__fish_seen_subcommand_from container' -l device-write-iops
complete -c podctl -n '__fish_seen_subcommand_from container' -l memory
complete -c podctl -n '__fish_seen_subcommand_from container' -l memory-reservation
complete -c podctl -n '__fish_seen_subcommand_from container' -l memory-swap
complete -c podctl -n '__fish_seen_subcommand_from container' -l memory-swappiness
complete -c podctl -n '__fish_seen_subcommand_from container' -l help
complete -c podctl -n '__fish_seen_subcommand_from pod' -a 'clone' -d 'Make another pod with the same containers'
complete -c podctl -n '__fish_seen_subcommand_from pod' -l destroy
complete -c podctl -n '__fish_seen_subcommand_from pod' -l name
complete -c podctl -n '__fish_seen_subcommand_from pod' -l start
complete -c podctl -n '__fish_seen_subcommand_from pod' -l help
complete -c podctl -n __fish_use_subcommand -a 'container' -d 'Manage containers'
complete -c podctl -n __fish_use_subcommand -a 'image' -d 'Manage images'
complete -c podctl -n __fish_use_subcommand -a 'manifest' -d 'Lists of images for several platforms'
complete -c podctl -n __fish_use_subcommand -a 'volume' -d 'Manage volumes'
complete -c podctl -n __fish_use_subcommand -a 'secret' -d 'Manage secrets'
complete -c podctl -n __fish_use_subcommand -a 'pod' -d 'Manage pods'
complete -c podctl -n __fish_use_subcommand -a 'network' -d 'Look at networks'
complete -c podctl -n __fish_use_subcommand -a 'kube' -d 'Run pods from Kubernetes YAML, and write it'
complete -c podctl -n __fish_use_subcommand -a 'healthcheck' -d 'Run the health checks of containers'
complete -c podctl -n __fish_use_subcommand -a 'play' -d 'Run pods from Kubernetes YAML'
complete -c podctl -n __fish_use_subcommand -a 'generate' -d 'Write Kubernetes YAML from pods and containers'
complete -c podctl -n __fish_use_subcommand -a 'system' -d 'What the engine is and needs'
complete -c podctl -n __fish_use_subcommand -a 'docs' -d 'Man pages and shell completion'
