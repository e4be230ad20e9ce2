//! One definition of the tables for both backends. A test compares it with both migrations.

diesel::table! {
    units (id) {
        id -> BigInt,
        code -> Text,
        kind -> Text,
        name -> Text,
        parent_id -> Nullable<BigInt>,
        names -> Text,
        time_zone -> Nullable<Text>,
        locale -> Nullable<Text>,
        active_from -> Nullable<Text>,
        active_to -> Nullable<Text>,
        merged_into -> Nullable<BigInt>,
    }
}

diesel::table! {
    unit_changes (id) {
        id -> BigInt,
        unit_id -> BigInt,
        changed_at -> Timestamp,
        change -> Text,
    }
}

diesel::table! {
    stays (id) {
        id -> BigInt,
        stay_key -> Text,
        unit_id -> BigInt,
        arrival -> Text,
        departure -> Text,
        room_type -> Nullable<Text>,
        rate_plan -> Nullable<Text>,
        channel -> Nullable<Text>,
        purpose -> Nullable<Text>,
        party -> Nullable<BigInt>,
        country -> Nullable<Text>,
        language -> Nullable<Text>,
        loyalty_tier -> Nullable<Text>,
        revenue -> Nullable<BigInt>,
        cost -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    contacts (stay_id) {
        stay_id -> BigInt,
        name -> Nullable<Text>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        consent -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(units, stays, contacts);

diesel::table! {
    surveys (id) {
        id -> BigInt,
        slug -> Text,
        status -> Text,
        revision_id -> Nullable<BigInt>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    revisions (id) {
        id -> BigInt,
        survey_id -> BigInt,
        content_hash -> Text,
        version -> Text,
        template -> Text,
        published_at -> Timestamp,
    }
}

diesel::table! {
    responses (id) {
        id -> BigInt,
        survey_id -> BigInt,
        revision_id -> BigInt,
        unit_id -> Nullable<BigInt>,
        attempt_key -> Text,
        receipt -> Text,
        language -> Text,
        submitted_at -> Timestamp,
        answers -> Text,
        indicators -> Binary,
        seconds -> Nullable<BigInt>,
        flags -> Text,
        invited -> Bool,
    }
}

diesel::table! {
    response_removals (survey_id) {
        survey_id -> BigInt,
        removed -> BigInt,
    }
}

diesel::table! {
    packed_ratings (survey_id, after_id) {
        survey_id -> BigInt,
        after_id -> BigInt,
        last_id -> BigInt,
        picked -> Text,
        data -> Binary,
    }
}

diesel::table! {
    quota_counts (survey_id, quota) {
        survey_id -> BigInt,
        quota -> Text,
        taken -> BigInt,
    }
}

diesel::table! {
    withdrawals (receipt) {
        receipt -> Text,
        attempt_key -> Text,
        survey_id -> BigInt,
    }
}

diesel::table! {
    publication_blocks (survey_id, number) {
        survey_id -> BigInt,
        number -> BigInt,
        members -> Text,
        unit_id -> Nullable<BigInt>,
        flagged -> Nullable<Bool>,
    }
}

diesel::table! {
    kept_reports (number) {
        number -> BigInt,
        survey_id -> BigInt,
        revision_id -> BigInt,
        kept_at -> Timestamp,
        kept_by -> Text,
        made_of -> Text,
        content -> Text,
    }
}

diesel::table! {
    kept_moments (id) {
        id -> BigInt,
        survey_id -> BigInt,
        revision_id -> BigInt,
        unit_id -> Nullable<BigInt>,
        month -> Text,
        flagged -> Bool,
        indicators -> Text,
        numbers -> Text,
    }
}

diesel::table! {
    audit_entries (number) {
        number -> BigInt,
        noted_at -> Timestamp,
        actor -> Text,
        action -> Text,
        subject -> Text,
        detail -> Text,
        hash -> Text,
    }
}

diesel::table! {
    seals (number) {
        number -> BigInt,
        sealed_on -> Text,
        last_position -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    seal_leaves (position) {
        position -> BigInt,
        hash -> Text,
        salt -> Nullable<Text>,
        response_id -> Nullable<BigInt>,
        fate -> Text,
    }
}

diesel::table! {
    invitations (id) {
        id -> BigInt,
        survey_id -> BigInt,
        token_hash -> Text,
        reference -> Text,
        unit_id -> Nullable<BigInt>,
        language -> Nullable<Text>,
        given -> Text,
        status -> Text,
        expires_at -> Nullable<Timestamp>,
        receipt -> Nullable<Text>,
        month -> Text,
    }
}

diesel::table! {
    invitation_months (survey_id, unit_id, month) {
        survey_id -> BigInt,
        unit_id -> BigInt,
        month -> Text,
        invited -> BigInt,
        answered -> BigInt,
    }
}

diesel::table! {
    drafts (invitation_id) {
        invitation_id -> BigInt,
        revision_id -> BigInt,
        attempt_key -> Text,
        page -> Text,
        answers -> Text,
    }
}

diesel::table! {
    waiting_responses (attempt_key) {
        attempt_key -> Text,
        receipt -> Text,
        survey_id -> BigInt,
        revision_id -> BigInt,
        unit_id -> Nullable<BigInt>,
        language -> Text,
        submitted_at -> Timestamp,
        answers -> Text,
        indicators -> Binary,
        flags -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(units, surveys, revisions, responses, seal_leaves);
diesel::table! {
    kiosks (id) {
        id -> BigInt,
        name -> Text,
        survey_id -> BigInt,
        unit_id -> Nullable<BigInt>,
        token_hash -> Text,
        code_hash -> Text,
        idle_seconds -> BigInt,
        status -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(units, invitations, waiting_responses);
diesel::allow_tables_to_appear_in_same_query!(surveys, kiosks);
diesel::allow_tables_to_appear_in_same_query!(units, kiosks);

diesel::table! {
    accounts (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        password -> Nullable<Text>,
        created_at -> Timestamp,
        totp -> Nullable<Text>,
        totp_step -> Nullable<BigInt>,
        openid -> Nullable<Text>,
    }
}

diesel::table! {
    grants (id) {
        id -> BigInt,
        account_id -> BigInt,
        role -> Text,
        unit_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    account_links (token_hash) {
        token_hash -> Text,
        account_id -> BigInt,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        account_id -> BigInt,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        step -> Text,
        tries -> BigInt,
    }
}

diesel::table! {
    recovery_codes (account_id, code_hash) {
        account_id -> BigInt,
        code_hash -> Text,
    }
}

diesel::table! {
    devices (token_hash) {
        token_hash -> Text,
        account_id -> BigInt,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    openid_attempts (state_hash) {
        state_hash -> Text,
        verifier -> Text,
        nonce -> Text,
        next -> Text,
        expires_at -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(accounts, grants, account_links, sessions, devices);
diesel::allow_tables_to_appear_in_same_query!(units, grants);

diesel::table! {
    api_tokens (id) {
        id -> BigInt,
        name -> Text,
        token_hash -> Text,
        role -> Text,
        unit_id -> Nullable<BigInt>,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(units, api_tokens);

diesel::table! {
    webhooks (id) {
        id -> BigInt,
        name -> Text,
        url -> Text,
        secret -> Text,
        former_secret -> Nullable<Text>,
        former_until -> Nullable<Timestamp>,
        events -> Text,
        active -> Bool,
        created_at -> Timestamp,
        audit_number -> BigInt,
    }
}

diesel::table! {
    webhook_marks (webhook_id, survey_id) {
        webhook_id -> BigInt,
        survey_id -> BigInt,
        response_id -> BigInt,
    }
}

diesel::table! {
    deliveries (id) {
        id -> BigInt,
        webhook_id -> BigInt,
        message_id -> Text,
        event -> Text,
        body -> Text,
        status -> Text,
        attempts -> BigInt,
        next_at -> Timestamp,
        created_at -> Timestamp,
    }
}

diesel::table! {
    delivery_attempts (id) {
        id -> BigInt,
        delivery_id -> BigInt,
        tried_at -> Timestamp,
        answer -> Nullable<BigInt>,
        error -> Text,
        milliseconds -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(webhooks, deliveries, delivery_attempts);

diesel::table! {
    report_schedules (id) {
        id -> BigInt,
        name -> Text,
        survey_id -> BigInt,
        unit_id -> Nullable<BigInt>,
        pattern -> Text,
        days -> Text,
        role -> Text,
        language -> Text,
        next_at -> Timestamp,
    }
}

diesel::table! {
    report_mails (id) {
        id -> BigInt,
        schedule_id -> BigInt,
        due_at -> Timestamp,
        email -> Text,
        report_number -> Nullable<BigInt>,
        status -> Text,
        tries -> BigInt,
        next_try -> Timestamp,
    }
}
