/* filter_operand.c - what may stand on the left of an operator, and which operators it takes. */
#include "model/filter_tree.h"

#include <string.h>
#include <strings.h>

#include "model/nearest.h"
#include "model/words.h"

/* Either end, or one end under a shorter name. host looks at names that the flow itself carries,
 * and at addresses as text, because a record has no names of hosts. */
const struct operand operand_groups[] = {
    {.name = "ip",
     .n = 2,
     .field = {FIELD_client, FIELD_server},
     .title = "Either address",
     .tip = "Address of the client or of the server"},
    {.name = "net",
     .n = 2,
     .field = {FIELD_client, FIELD_server},
     .title = "Either network",
     .tip = "Client or server is in the network, such as 10.0.0.0/8"},
    {.name = "cli.net",
     .n = 1,
     .field = {FIELD_client},
     .title = "Client network",
     .tip = "The client is in the network"},
    {.name = "srv.net",
     .n = 1,
     .field = {FIELD_server},
     .title = "Server network",
     .tip = "The server is in the network"},
    {.name = "port",
     .n = 2,
     .field = {FIELD_client_port, FIELD_server_port},
     .title = "Either port",
     .tip = "Port of the client or of the server"},
    {.name = "mac",
     .n = 2,
     .field = {FIELD_client_mac, FIELD_server_mac},
     .title = "Either MAC",
     .tip = "MAC address of the client's or of the server's side"},
    {.name = "host",
     .n = 6,
     .as_text = true,
     .field = {FIELD_sni, FIELD_http_host, FIELD_dns_query, FIELD_dhcp_name, FIELD_client,
               FIELD_server},
     .title = "Host",
     .tip = "A name in the flow (TLS, HTTP, DNS, DHCP) or either address as text"},
    {.name = "cli.host",
     .n = 2,
     .as_text = true,
     .field = {FIELD_dhcp_name, FIELD_client},
     .title = "Client host",
     .tip = "The client's DHCP name, or its address as text"},
    {.name = "srv.host",
     .n = 3,
     .as_text = true,
     .field = {FIELD_sni, FIELD_http_host, FIELD_server},
     .title = "Server host",
     .tip = "The server's name in TLS or HTTP, or its address as text"},
    {.name = "icmp",
     .n = 2,
     .field = {FIELD_client_icmp, FIELD_server_icmp},
     .title = "Either ICMP",
     .tip = "Type and code of the first ICMP message of either side"},
    {.name = "dscp",
     .n = 2,
     .field = {FIELD_client_dscp, FIELD_server_dscp},
     .title = "Either DSCP",
     .tip = "Traffic class of either side's packets"},
};

const size_t operand_group_count = sizeof operand_groups / sizeof *operand_groups;

enum { OPERAND_NAME = 48 };

bool operand_find(const char *name, size_t len, struct operand *o)
{
    char text[OPERAND_NAME];
    if (!len || len >= sizeof text)
        return false;
    memcpy(text, name, len);
    text[len] = '\0';
    for (size_t i = 0; i < operand_group_count; i++)
        if (!strcasecmp(operand_groups[i].name, text)) {
            *o = operand_groups[i];
            return true;
        }
    const struct field *f = field_find(text);
    if (!f)
        return false;
    *o = (struct operand){.name = f->operand, .n = 1, .title = f->title, .tip = f->tip};
    o->field[0] = (uint16_t)(f - field_table);
    return true;
}

const char *operand_nearest(const char *name, size_t len)
{
    struct nearest n = nearest_to(name, len);
    for (size_t i = 0; i < operand_group_count; i++)
        nearest_offer(&n, operand_groups[i].name);
    for (size_t i = 0; i < field_count; i++) {
        if (field_table[i].kind == KIND_none)
            continue;
        nearest_offer(&n, field_table[i].operand);
        nearest_offer(&n, field_table[i].api);
    }
    return n.best;
}

enum field_kind operand_kind(const struct operand *o)
{
    return o->as_text ? KIND_string : field_table[o->field[0]].kind;
}

/* Operators of a kind as bits of enum filter_op. */
#define BIT(op) (1u << (op))
#define IS      (BIT(OP_EQUAL) | BIT(OP_NOT_EQUAL) | BIT(OP_IN) | BIT(OP_NOT_IN) | BIT(OP_EXISTS))
#define ORDER   (BIT(OP_LESS) | BIT(OP_LESS_EQUAL) | BIT(OP_GREATER) | BIT(OP_GREATER_EQUAL))
#define HAS     (BIT(OP_HAS) | BIT(OP_HAS_NOT))
#define TEXT    (HAS | BIT(OP_REGEX))

bool operand_takes(const struct operand *o, enum filter_op op)
{
    unsigned ops;
    switch (operand_kind(o)) {
    case KIND_number:
    case KIND_count:
    case KIND_packets:
    case KIND_bytes:
    case KIND_bps:
    case KIND_pps:
    case KIND_ratio:
    case KIND_time:
    case KIND_duration:
    case KIND_usec:
    case KIND_port:
        ops = IS | ORDER;
        break;
    case KIND_dscp:
    case KIND_confidence:
    case KIND_tls_version:
    case KIND_dns_type:
    case KIND_dns_code:
        ops = IS | ORDER | TEXT;
        break;
    case KIND_tcp_flags:
        ops = IS | HAS;
        break;
    case KIND_app_id:
    case KIND_icmp:
    case KIND_flag:
        ops = IS;
        break;
    default:
        ops = IS | TEXT;
    }
    return ops >> op & 1;
}
