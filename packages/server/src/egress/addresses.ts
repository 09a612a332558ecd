import ipaddr from 'ipaddr.js';

/** Public by its range, yet the metadata and control address of every Azure machine. */
const metadataAddresses = new Set(['168.63.129.16']);

function isWellKnownNat64(address: ipaddr.IPv6): boolean {
  return address.match(ipaddr.IPv6.parse('64:ff9b::'), 96);
}

function embeddedIpv4(address: ipaddr.IPv6): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

/**
 * Whether an IP address literal belongs to the public internet: not private, loopback, link-local, multicast,
 * reserved or a cloud's metadata service. An IPv6 address that carries an IPv4 one (mapped, NAT64) is judged by it.
 * False for anything that is no IP address.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const parsed = ipaddr.process(text);
  if (parsed instanceof ipaddr.IPv4) {
    return parsed.range() === 'unicast' && !metadataAddresses.has(parsed.toString());
  }
  if (isWellKnownNat64(parsed)) return isPublicAddress(embeddedIpv4(parsed).toString());
  const isAssigned = parsed.match(ipaddr.IPv6.parse('2000::'), 3);
  return isAssigned && parsed.range() === 'unicast';
}
