/* test_decode.c - what a packet says after its headers were read. */
#include "build_frame.h"

static struct decoder decoder;
static struct packet p;

static int set_up(void **state)
{
    struct err e = {""};
    memset(&decoder, 0, sizeof decoder);
    return decoder_init(&decoder, true, &e) ? 0 : -1;
}

static int tear_down(void **state)
{
    decoder_fini(&decoder);
    return 0;
}

static uint64_t raised(enum reason reason)
{
    return counter_get(&decoder.packets[reason]);
}

static void assert_source(const char *text)
{
    char buf[ADDR_TEXT];
    addr_print(&p.src, buf);
    assert_string_equal(buf, text);
}

/* The packet of add_inner(), found behind `tunnels` IP headers. */
static void assert_inner(const struct build *b, unsigned port, enum tunnel tunnel, unsigned tunnels)
{
    assert_int_equal(decode_build(&decoder, b, &p), REASON_ipv4);
    assert_source("10.0.7.1");
    assert_int_equal(p.src_port, port);
    assert_int_equal(p.ip_bytes, 34);
    assert_int_equal(p.payload_len, 6);
    assert_memory_equal(p.payload, "inside", 6);
    assert_int_equal(p.tunnels_seen, tunnel);
    assert_int_equal(p.tunnels, tunnels);
    if (tunnels) {
        char buf[ADDR_TEXT];
        addr_print(&p.outer_src, buf);
        assert_string_equal(buf, "10.0.0.1");
        assert_true(raised(REASON_tunnel) > 0);
    }
}

static void test_plain_udp_is_read_to_its_payload(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 17), udp = add_udp(&b, 1234, 53);
    add(&b, "question", 8);
    done_udp(&b, udp);
    done_ipv4(&b, ip);
    add_zeros(&b, 10); /* padding is no payload */

    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv4);
    assert_int_equal(p.version, 4);
    assert_int_equal(p.proto, 17);
    assert_int_equal(p.src_port, 1234);
    assert_int_equal(p.dst_port, 53);
    assert_int_equal(p.ttl, 61);
    assert_int_equal(p.tos, 0xb8);
    assert_int_equal(p.ip_bytes, 36);
    assert_int_equal(p.ip_cap, 36);
    assert_int_equal(p.payload_len, 8);
    assert_int_equal(p.payload_cap, 8);
    assert_memory_equal(p.payload, "question", 8);
    assert_true(p.has_mac);
    assert_int_equal(p.src_mac.byte[5], 1);
    assert_int_equal(p.dst_mac.byte[5], 2);
    assert_false(p.is_tcp);
    assert_int_equal(p.tunnels_seen, 0);
}

static void test_a_syn_tells_mss_and_scale(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 6), tcp = add_tcp(&b, 40000, 443, TCP_SYN | TCP_ECE);
    const uint8_t options[12] = {2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 0, 0};
    add(&b, options, sizeof options);
    b.byte[tcp + 12] = 0x80;
    done_ipv4(&b, ip);

    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv4);
    assert_true(p.is_tcp);
    assert_int_equal(p.tcp_flags, TCP_SYN | TCP_ECE);
    assert_int_equal(p.tcp_mss, 1460);
    assert_int_equal(p.tcp_wscale, 8);
    assert_int_equal(p.tcp_seq, 0x100);
    assert_int_equal(p.tcp_ack, 0x200);
    assert_int_equal(p.tcp_window, 0x2000);
    assert_int_equal(p.payload_len, 0);
    assert_null(p.payload);
}

static void test_a_shift_beyond_the_limit_counts_as_the_limit(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 6), tcp = add_tcp(&b, 1, 2, TCP_SYN);
    const uint8_t options[4] = {3, 3, 200, 0};
    add(&b, options, sizeof options);
    b.byte[tcp + 12] = 0x60;
    done_ipv4(&b, ip);
    decode_build(&decoder, &b, &p);
    assert_int_equal(p.tcp_wscale, 15);
}

static void test_goodput_of_a_snapped_packet_is_what_its_headers_say(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 6);
    add_tcp(&b, 1, 2, TCP_ACK);
    add_zeros(&b, 1000);
    done_ipv4(&b, ip);
    struct frame f = {.wire_len = (uint32_t)b.n, .link = 1};
    assert_int_equal(decode_copy(&decoder, &f, b.byte, 64, &p), REASON_ipv4);
    assert_int_equal(p.ip_bytes, 1040);
    assert_int_equal(p.ip_cap, 50);
    assert_int_equal(p.payload_len, 1000);
    assert_int_equal(p.payload_cap, 10);
    assert_int_equal(raised(REASON_snapped), 1);
    assert_int_equal(counter_get(&decoder.bytes[REASON_snapped]), b.n);
}

static void test_the_cards_tag_stands_outside(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x8100);
    add16(&b, 0x6005);
    add16(&b, 0x0800);
    add_inner(&b, 80);
    struct frame f = {.wire_len = (uint32_t)b.n, .link = 1};
    decode_copy(&decoder, &f, b.byte, b.n, &p);
    assert_int_equal(p.vlan, 5);
    assert_int_equal(p.vlan_inner, 0);
    f.vlan = 0x2007;
    decode_copy(&decoder, &f, b.byte, b.n, &p);
    assert_int_equal(p.vlan, 7);
    assert_int_equal(p.vlan_inner, 5);
}

static void test_of_three_tags_two_are_kept(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x88a8);
    add16(&b, 100);
    add16(&b, 0x9100);
    add16(&b, 200);
    add16(&b, 0x8100);
    add16(&b, 300);
    add16(&b, 0x0800);
    add_inner(&b, 80);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv4);
    assert_int_equal(p.vlan, 100);
    assert_int_equal(p.vlan_inner, 200);
    assert_int_equal(p.ether_type, 0x0800);
}

static void test_arp_says_who_asks_for_whom(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0806);
    const uint8_t arp[28] = {0,  1, 8, 0, 6, 4, 0, 1, 2, 0, 0,  0, 0, 1,
                             10, 1, 1, 1, 0, 0, 0, 0, 0, 0, 10, 1, 1, 2};
    add(&b, arp, sizeof arp);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_arp);
    char buf[ADDR_TEXT];
    assert_int_equal(p.arp_op, 1);
    addr_print(&p.arp_sender, buf);
    assert_string_equal(buf, "10.1.1.1");
    addr_print(&p.arp_target, buf);
    assert_string_equal(buf, "10.1.1.2");
    assert_int_equal(p.ether_type, 0x0806);
    assert_true(p.has_mac);
    assert_int_equal(p.version, 0);
}

static void test_overlays_show_the_inner_packet(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 17), udp = add_udp(&b, 50000, 4789);
    const uint8_t vxlan[8] = {8, 0, 0, 0, 0, 0x12, 0x34, 0};
    add(&b, vxlan, sizeof vxlan);
    add_ethernet(&b, 0x8100);
    add16(&b, 42);
    add16(&b, 0x0800);
    add_inner(&b, 8080);
    done_udp(&b, udp);
    done_ipv4(&b, ip);
    assert_inner(&b, 8080, TUNNEL_VXLAN, 1);
    assert_int_equal(p.tunnel_id, 0x1234);
    assert_int_equal(p.vlan, 42);
}

static void test_without_decap_the_outer_packet_counts(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 47);
    add16(&b, 0);
    add16(&b, 0x0800);
    add_inner(&b, 8080);
    done_ipv4(&b, ip);
    assert_inner(&b, 8080, TUNNEL_GRE, 1);
    decoder.decap = false;
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv4);
    assert_source("10.0.0.1");
    assert_int_equal(p.proto, 47);
    assert_int_equal(p.tunnels_seen, 0);
    assert_int_equal(p.payload_len, 38);
}

static void test_labels_are_no_ip_tunnel(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x8847);
    const uint8_t labels[8] = {0, 6, 0x40, 64, 0, 1, 1, 64};
    add(&b, labels, sizeof labels);
    add_inner(&b, 99);
    assert_inner(&b, 99, TUNNEL_MPLS, 0);
    assert_int_equal(p.tunnel_id, 100);
}

static void test_what_is_broken_inside_leaves_the_last_good_header(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 17), udp = add_udp(&b, 50000, 4789);
    const uint8_t vxlan[8] = {8, 0, 0, 0, 0, 0x12, 0x34, 0};
    add(&b, vxlan, sizeof vxlan);
    add_ethernet(&b, 0x0800);
    size_t inner = b.n;
    add_inner(&b, 8080);
    b.byte[inner] = 0x42;
    done_udp(&b, udp);
    done_ipv4(&b, ip);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv4);
    assert_source("10.0.0.1");
    assert_int_equal(p.dst_port, 4789);
    assert_int_equal(p.tunnels, 0);
    assert_int_equal(p.tunnels_seen, 0);
    assert_int_equal(p.payload_len, 8 + 14 + 34);
    assert_int_equal(raised(REASON_tunnel_broken), 1);
    assert_int_equal(raised(REASON_tunnel), 0);
}

static void test_a_quoted_header_is_no_tunnel(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 1);
    const uint8_t unreachable[8] = {3, 4};
    add(&b, unreachable, sizeof unreachable);
    add_inner(&b, 8080);
    done_ipv4(&b, ip);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv4);
    assert_source("10.0.0.1");
    assert_int_equal(p.icmp_type, 3);
    assert_int_equal(p.icmp_code, 4);
    assert_int_equal(p.src_port, 0);
    assert_int_equal(p.payload_len, 34);
}

static void test_a_client_on_a_tunnels_port_is_no_tunnel(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 17), udp = add_udp(&b, 2152, 53);
    const uint8_t gtp[8] = {0x30, 0xff};
    add(&b, gtp, sizeof gtp);
    add_inner(&b, 8080);
    done_udp(&b, udp);
    done_ipv4(&b, ip);
    decode_build(&decoder, &b, &p);
    assert_source("10.0.0.1");
    put16(&b, udp + 2, 2152);
    assert_inner(&b, 8080, TUNNEL_GTP, 1);
}

static void test_tunnels_in_tunnels_stop_at_the_limit(void **state)
{
    struct build b = {.n = 0};
    size_t ip[PACKET_TUNNELS + 3];
    add_ethernet(&b, 0x0800);
    for (unsigned i = 0; i < PACKET_TUNNELS + 3; i++)
        ip[i] = add_ipv4_in(&b, 4, i);
    add_inner(&b, 1);
    for (unsigned i = 0; i < PACKET_TUNNELS + 3; i++)
        done_ipv4(&b, ip[i]);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv4);
    assert_int_equal(p.tunnels, PACKET_TUNNELS);
    assert_source("10.0.8.1");
    assert_int_equal(raised(REASON_tunnel_too_deep), 1);
}

static void test_extension_headers_lead_to_the_transport(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x86dd);
    size_t ip = add_ipv6(&b, 0);
    const uint8_t options[16] = {43, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0};
    add(&b, options, sizeof options);
    size_t udp = add_udp(&b, 546, 547);
    done_udp(&b, udp);
    done_ipv6(&b, ip);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv6);
    assert_int_equal(p.proto, 17);
    assert_int_equal(p.src_port, 546);
    assert_int_equal(p.ip_bytes, 40 + 16 + 8);
    assert_int_equal(p.tos, 0xb8);
    assert_int_equal(p.ttl, 62);
    assert_source("fd00::1");
}

static void test_a_cut_extension_is_noted(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x86dd);
    size_t ip = add_ipv6(&b, 60);
    const uint8_t options[8] = {17, 9};
    add(&b, options, sizeof options);
    done_ipv6(&b, ip);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv6);
    assert_int_equal(raised(REASON_extension_bad), 1);
    assert_int_equal(p.src_port, 0);
    assert_int_equal(p.ip_bytes, 48);
}

static void test_a_jumbogram_has_the_length_of_its_option(void **state)
{
    static uint8_t frame[80000];
    struct build b = {.n = 0};
    add_ethernet(&b, 0x86dd);
    add_ipv6(&b, 0);
    const uint8_t jumbo[8] = {17, 0, 0xc2, 4, 0, 1, 0x11, 0x78};
    add(&b, jumbo, sizeof jumbo);
    add_udp(&b, 1, 2);
    memcpy(frame, b.byte, b.n);
    struct frame f = {.wire_len = 14 + 40 + 0x11178, .link = 1};
    assert_int_equal(decode_copy(&decoder, &f, frame, f.wire_len, &p), REASON_ipv6);
    assert_int_equal(p.ip_bytes, 40 + 0x11178);
    assert_int_equal(p.payload_len, 0x11178 - 16);
    assert_int_equal(p.src_port, 1);
}

static void test_length_0_counts_what_was_on_the_wire(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    add_ipv4(&b, 6);
    add_tcp(&b, 1, 2, TCP_ACK);
    add_zeros(&b, 200);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv4);
    assert_int_equal(p.ip_bytes, 240);
    assert_int_equal(p.payload_len, 200);
    assert_int_equal(raised(REASON_ip_length_zero), 1);
}

static void test_a_length_beyond_the_wire_is_counted_as_it_says(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 17), udp = add_udp(&b, 1, 2);
    done_udp(&b, udp);
    put16(&b, ip + 2, 1500);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ipv4);
    assert_int_equal(p.ip_bytes, 1500);
    assert_int_equal(p.ip_cap, 28);
    assert_int_equal(p.payload_len, 0);
    assert_int_equal(raised(REASON_ip_length_bad), 1);
}

static void test_what_cannot_be_ip_is_malformed(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = b.n;
    add_inner(&b, 1);
    b.byte[ip] = 0x55;
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_bad_ip);
    b.byte[ip] = 0x44;
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_bad_ip);
    b.byte[ip] = 0x45;
    put16(&b, ip + 2, 19);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_ip_length_small);
    b.n = ip + 19;
    put16(&b, ip + 2, 34);
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_short_ip);
    b.n = 13;
    assert_int_equal(decode_build(&decoder, &b, &p), REASON_short_link);
}

static void test_ports_are_read_from_four_bytes(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 6);
    add_tcp(&b, 1111, 2222, TCP_ACK);
    done_ipv4(&b, ip);
    struct frame f = {.wire_len = (uint32_t)b.n, .link = 1};
    assert_int_equal(decode_copy(&decoder, &f, b.byte, ip + 24, &p), REASON_ipv4);
    assert_int_equal(p.src_port, 1111);
    assert_int_equal(p.dst_port, 2222);
    assert_false(p.is_tcp);
    assert_int_equal(raised(REASON_l4_cut), 1);
    decode_copy(&decoder, &f, b.byte, ip + 23, &p);
    assert_int_equal(p.src_port, 0);
    assert_int_equal(raised(REASON_l4_cut), 2);
}

static void test_absurd_tcp_header_lengths_are_noted(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 6), tcp = add_tcp(&b, 1, 2, TCP_ACK);
    done_ipv4(&b, ip);
    b.byte[tcp + 12] = 0x40;
    decode_build(&decoder, &b, &p);
    assert_false(p.is_tcp);
    b.byte[tcp + 12] = 0xf0;
    decode_build(&decoder, &b, &p);
    assert_false(p.is_tcp);
    assert_int_equal(p.payload_len, 0);
    assert_int_equal(raised(REASON_l4_bad), 2);
}

static void test_later_fragments_get_the_ports_of_the_first(void **state)
{
    struct build b = {.n = 0};
    add_ethernet(&b, 0x0800);
    size_t ip = add_ipv4(&b, 17), udp = add_udp(&b, 3333, 4444);
    put16(&b, udp + 4, 8 + 56);
    add_zeros(&b, 24);
    done_ipv4(&b, ip);
    put16(&b, ip + 6, 0x2000);
    decode_build(&decoder, &b, &p);
    assert_true(p.is_fragment);
    assert_false(p.is_later_fragment);
    assert_int_equal(p.payload_len, 24);
    assert_int_equal(raised(REASON_l4_bad), 0);

    put16(&b, ip + 6, 4);
    decode_build(&decoder, &b, &p);
    assert_true(p.is_later_fragment);
    assert_int_equal(p.src_port, 3333);
    assert_int_equal(p.dst_port, 4444);
    assert_int_equal(p.payload_len, 32);
    assert_null(p.l4);
    assert_int_equal(raised(REASON_fragment), 2);

    put16(&b, ip + 4, 10);
    decode_build(&decoder, &b, &p);
    assert_int_equal(p.src_port, 0);
    assert_int_equal(raised(REASON_fragment_orphan), 1);
}

static void test_links_and_protocols_have_names(void **state)
{
    assert_string_equal(link_name(1), "Ethernet");
    assert_string_equal(link_name(65000), "unknown");
    assert_true(link_is_known(276));
    assert_false(link_is_known(147));
    assert_string_equal(proto_name(58), "IPv6-ICMP");
    assert_null(proto_name(200));
    assert_int_equal(proto_number("tcp"), 6);
    assert_int_equal(proto_number("icmpv6"), 58);
    assert_int_equal(proto_number("no such"), -1);
    for (unsigned link = 0; link < 65536; link++) {
        if (link_is_known((uint16_t)link))
            assert_string_not_equal(link_name((uint16_t)link), "unknown");
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_plain_udp_is_read_to_its_payload),
        CASE(test_a_syn_tells_mss_and_scale),
        CASE(test_a_shift_beyond_the_limit_counts_as_the_limit),
        CASE(test_goodput_of_a_snapped_packet_is_what_its_headers_say),
        CASE(test_the_cards_tag_stands_outside),
        CASE(test_of_three_tags_two_are_kept),
        CASE(test_arp_says_who_asks_for_whom),
        CASE(test_overlays_show_the_inner_packet),
        CASE(test_without_decap_the_outer_packet_counts),
        CASE(test_labels_are_no_ip_tunnel),
        CASE(test_what_is_broken_inside_leaves_the_last_good_header),
        CASE(test_a_quoted_header_is_no_tunnel),
        CASE(test_a_client_on_a_tunnels_port_is_no_tunnel),
        CASE(test_tunnels_in_tunnels_stop_at_the_limit),
        CASE(test_extension_headers_lead_to_the_transport),
        CASE(test_a_cut_extension_is_noted),
        CASE(test_a_jumbogram_has_the_length_of_its_option),
        CASE(test_length_0_counts_what_was_on_the_wire),
        CASE(test_a_length_beyond_the_wire_is_counted_as_it_says),
        CASE(test_what_cannot_be_ip_is_malformed),
        CASE(test_ports_are_read_from_four_bytes),
        CASE(test_absurd_tcp_header_lengths_are_noted),
        CASE(test_later_fragments_get_the_ports_of_the_first),
        CASE(test_links_and_protocols_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
