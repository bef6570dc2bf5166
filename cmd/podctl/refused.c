/*
 * refused.c — commands of podman that podctl does not have: each says why, and what to do instead.  They stand in no help and no
 * completion; podctl(1) lists them.
 */
#include "cmd/podctl/tables.h"

/* What a refused command prints is its text. */
static int run_refused(struct cli *c, void *request, struct err *err)
{
	(void) request;
	return err_set(err, ERR_UNSUPPORTED, "podctl %s: %s", c->path, c->command->text);
}

#define REFUSED(paths, why)                                                                                 \
	{                                                                                                   \
		paths, "", "Not done", why, NULL, NULL, 0, 0, -1, CMD_HIDDEN | CMD_NO_ENGINE | CMD_REFUSED, \
			run_refused                                                                         \
	}

/* clang-format off */
const struct command refused_commands[] = {
	REFUSED("build|image build|buildx", "images are not built yet; build with buildah or podman and podctl load the result"),
	REFUSED("kube apply", "podctl does not talk to a cluster; podctl generate kube NAME | kubectl apply -f -"),
	REFUSED("port-forward|kube port-forward", "nothing stays behind to pass bytes on; publish the port (podctl run -p, podctl play kube --publish), or podctl exec POD nc"),
	REFUSED("debug|kube debug", "podctl run --rm -it --pod POD IMAGE puts a container into the pod for as long as it runs"),
	REFUSED("auto-update", "images are not updated behind your back; podctl pull and podctl run --replace"),
	REFUSED("machine", "there is no virtual machine: podctl runs on this one"),
	REFUSED("farm", "podctl works on this machine only; use ssh"),
	REFUSED("system connection", "podctl works on this machine only; use ssh"),
	REFUSED("system service", "there is no daemon and no API to serve"),
	REFUSED("system migrate", "there is nothing to migrate: a new podctl reads what an older one wrote"),
	REFUSED("system renumber", "there are no lock numbers: each pod has its own lock file"),
	REFUSED("container checkpoint|checkpoint", "processes are not saved and restored; podctl pause freezes them"),
	REFUSED("container restore|restore", "processes are not saved and restored"),
	REFUSED("container runlabel|runlabel", "commands that an image brings along are not run on the host"),
	REFUSED("generate spec", "podctl inspect shows what was asked, podctl generate kube writes it"),
	REFUSED("image sign", "signatures are not made; sign with skopeo or cosign"),
	REFUSED("image trust", "edit /etc/containers/policy.json; podctl image trust show prints it"),
	REFUSED("network connect", "a pod is on one network from its start; podctl run --network, or podctl container clone and rm"),
	REFUSED("network disconnect", "a pod is on one network until its end"),
	REFUSED("network reload", "the rules of pods that run are in nftables' table podctl; podctl pod restart sets them anew"),
	REFUSED("volume reload", "there are no volume plugins"),
	{ .paths = NULL },
};
/* clang-format on */
