/* SPDX-License-Identifier: MIT */
/*
 * The gate: what a module delivers is checked, narrowed to what everybody allows, and copied.
 */
#ifndef KEYSTILE_CORE_DELIVER_H
#define KEYSTILE_CORE_DELIVER_H

#include "core/host.h"

/*
 * Judges a delivery. Sets call->credential, or call->problem for a credential that is none, is not of use, or does
 * not fit the request; call->source in both cases. Returns NULL, or how the delivery breaks the contract.
 */
const char *ks_deliver(struct ks_call *call, const struct ks_delivery *delivery);

/*
 * How a delivery breaks the contract, whatever is configured; NULL where it does not. A worker looks before it puts
 * one into a frame, and tells its caller, who judges what arrives once more.
 */
const char *ks_delivery_breach(const struct ks_manifest *manifest, const struct ks_delivery *delivery);

#endif
