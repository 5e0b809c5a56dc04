"""Scenarios of the field guide, each played to a pool over a bank by its name.

After each of them the database is held against the ledger of the network (`stage.played`): no message is lost, none
is doubled outside `uncertain`, and each card has counted what it sent.

What must come out (row: name → tests here, or file::test elsewhere), which `test_table.py` holds to be complete:

 1: chatty → test_chatty
 2: slow-prompt → test_slow_prompt
 2: no-prompt → test_no_prompt
 3: late-final → test_late_final
 4: lost-final → test_lost_final
 5: reset-mid-send → test_reset_mid_send
 6: renumbered → test_renumbered,
    discovery/test_pool_over_usb.py::test_a_modem_is_taken_up_lost_and_found_again_under_other_numbers
 7: swap → test_swap_while_sending, test_what_only_the_pulled_card_may_send_waits_for_it_and_says_so
 7: no-sim → test_a_card_that_is_pulled_while_sending_leaves_the_rest_to_others,
    test_a_swap_is_followed_without_a_new_plug
 8: clone → test_clone
 9: pin → test_pin, test_a_card_that_is_locked_can_be_told_before_its_pin_is_known
 9: wrong-pin → test_wrong_pin_is_tried_once
 9: puk → test_puk_is_shown_and_never_tried
10: cms-N → test_cms, test_a_number_that_alone_is_refused_is_the_fault_of_the_message
10: cme-N → test_cme
11: blocked → test_blocked, test_sims_that_are_blocked_at_once_are_no_fault_of_the_messages
12: empty → test_empty,
    money/test_with_the_bank.py::test_a_sim_that_is_refused_as_one_that_ran_out_is_asked_for_its_balance
13: full-memory → test_full_memory, pool/test_receiving.py::test_what_came_while_the_pool_was_away_is_read_at_its_start
14: delete-fails → test_delete_fails
15: parts → test_parts, test_parts_that_wait_in_vain_are_shown_as_far_as_they_came,
    pool/test_receiving.py::test_a_reference_used_again_an_hour_later_mixes_nothing
16: dlr-storm, dlr-early, dlr-twice, dlr-interim → test_reports
17: mute → test_mute, test_one_that_is_mute_holds_up_no_other, test_mute_for_a_while
18: babble → test_babble, test_a_probe_ends_a_quarantine
19: flap → test_flap, test_what_flapped_has_to_stay_away_for_a_while
19: unplugged → test_the_messages_of_an_unplugged_modem_are_on_others_before_any_limit_is_over
20: no-network → test_no_network
20: roaming → test_roaming_waits_and_says_so, test_roaming_sends_where_it_may
20: lte-only → test_lte_only
21: bad-clock → test_bad_clock
22: call → test_call_during_a_send, test_a_call_is_ended_where_the_settings_say_so
23: cnmi-forgotten → test_cnmi_forgotten
24: echo-body → test_echo_body
25: text-only → test_text_only, cdma/test_pool_and_bank.py::test_all_kinds_beside_a_gsm_modem_share_the_work
26: hub-off → test_hub_off
"""
