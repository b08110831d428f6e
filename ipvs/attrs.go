package ipvs

// Commands and attributes of the generic netlink family IPVS
// (include/uapi/linux/ip_vs.h). Every command needs CAP_NET_ADMIN.
const (
	familyName    = "IPVS"
	familyVersion = 1

	cmdNewService = 1
	cmdSetService = 2
	cmdDelService = 3
	cmdGetService = 4
	cmdNewDest    = 5
	cmdSetDest    = 6
	cmdDelDest    = 7
	cmdGetDest    = 8
	cmdZero       = 16
	cmdFlush      = 17

	cmdAttrService = 1
	cmdAttrDest    = 2
)

// Attributes of a service, IPVS_SVC_ATTR_*.
const (
	svcAttrFamily    = 1
	svcAttrProtocol  = 2
	svcAttrAddress   = 3
	svcAttrPort      = 4 // network order
	svcAttrFWMark    = 5 // instead of protocol, address and port
	svcAttrScheduler = 6
	svcAttrFlags     = 7 // struct ip_vs_flags: value, mask
	svcAttrTimeout   = 8 // seconds
	svcAttrNetmask   = 9 // IPv4: the mask in network order; IPv6: the length in native order
	svcAttrEngine    = 11
)

// Attributes of a server, IPVS_DEST_ATTR_*.
const (
	destAttrAddress     = 1
	destAttrPort        = 2 // network order
	destAttrForward     = 3 // IP_VS_CONN_F_FWD_MASK
	destAttrWeight      = 4
	destAttrUpper       = 5
	destAttrLower       = 6
	destAttrFamily      = 11 // since Linux 3.18
	destAttrTunnelType  = 13 // since Linux 5.3
	destAttrTunnelPort  = 14 // network order
	destAttrTunnelFlags = 15
)

// forwardMask is IP_VS_CONN_F_FWD_MASK: the rest are flags of a connection.
const forwardMask = 7

// flagPersistent is IP_VS_SVC_F_PERSISTENT.
const flagPersistent Flags = 0x01
