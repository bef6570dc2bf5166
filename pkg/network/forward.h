/*
 * forward.h — other people's FORWARD policy.
 *
 * Docker and ufw set the policy of the host's forward chain to drop; an accept in our own table does not undo that.  Looked
 * at when the bridge is made: one listing over netlink, and only when something drops, iptables is run to put two rules in
 * Docker's DOCKER-USER or at the head of FORWARD.  A chain that is not iptables' own is named in a warning, not changed.
 */
#ifndef PODCTL_NETWORK_FORWARD_H
#define PODCTL_NETWORK_FORWARD_H

void forward_accept(const char *bridge); /* never fails: warns, since outgoing traffic may not be wanted */
void forward_forget(const char *bridge); /* takes the rules out again */

#endif
