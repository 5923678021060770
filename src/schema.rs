diesel::table! {
    bulk_edit_items (bulk_edit_id, item_id) {
        bulk_edit_id -> BigInt,
        item_id -> BigInt,
        version -> BigInt,
        verdict -> Nullable<Text>,
    }
}

diesel::table! {
    bulk_edits (id) {
        id -> BigInt,
        created_at -> Timestamp,
        user_id -> Nullable<BigInt>,
        who -> Text,
        list -> Text,
        filter -> Text,
        operation -> Text,
        state -> Text,
        matched -> BigInt,
        changed -> BigInt,
        unchanged -> BigInt,
        refused -> BigInt,
        reached -> BigInt,
        change_set_id -> Nullable<BigInt>,
        finished_at -> Nullable<Timestamp>,
        has_failed -> Bool,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> BigInt,
        user_id -> BigInt,
        name -> Text,
        token_hash -> Text,
        role -> Text,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    audit_events (id) {
        id -> BigInt,
        at -> Timestamp,
        who -> Text,
        event -> Text,
        detail -> Text,
        address -> Text,
    }
}

diesel::table! {
    change_set_stores (change_set_id, store_id) {
        change_set_id -> BigInt,
        store_id -> BigInt,
    }
}

diesel::table! {
    change_sets (id) {
        id -> BigInt,
        created_at -> Timestamp,
        who -> Text,
        source -> Text,
        title -> Text,
        user_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    changes (id) {
        id -> BigInt,
        change_set_id -> BigInt,
        table_name -> Text,
        row_id -> BigInt,
        tag_id -> Nullable<BigInt>,
        operation -> Text,
        before -> Nullable<Text>,
    }
}

diesel::table! {
    form_tokens (token) {
        token -> Text,
        body_hash -> Text,
        location -> Text,
        created_at -> Timestamp,
        change_set_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    idempotency_keys (key) {
        key -> Text,
        fingerprint -> Text,
        status -> Integer,
        body -> Text,
        location -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    invitation_stores (invitation_id, store_id) {
        invitation_id -> BigInt,
        store_id -> BigInt,
    }
}

diesel::table! {
    invitations (id) {
        id -> BigInt,
        token_hash -> Text,
        label -> Text,
        role -> Text,
        all_stores -> Bool,
        created_by -> BigInt,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    item_tags (item_id, tag_id) {
        item_id -> BigInt,
        tag_id -> BigInt,
    }
}

diesel::table! {
    items (id) {
        id -> BigInt,
        store_id -> BigInt,
        name -> Text,
        name_key -> Text,
        sku -> Nullable<Text>,
        sku_key -> Nullable<Text>,
        barcode -> Text,
        description -> Text,
        price_minor -> BigInt,
        quantity -> BigInt,
        search_key -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    recovery_codes (user_id, code_hash) {
        user_id -> BigInt,
        code_hash -> Text,
    }
}

diesel::table! {
    sample_data (change_set_id) {
        change_set_id -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        token_hash -> Text,
        user_id -> BigInt,
        awaits_factor -> Bool,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        address -> Text,
        browser -> Text,
    }
}

diesel::table! {
    sign_in_attempts (email_key, address) {
        email_key -> Text,
        address -> Text,
        failures -> BigInt,
        failed_at -> Timestamp,
        succeeded_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    stores (id) {
        id -> BigInt,
        name -> Text,
        name_key -> Text,
        code -> Nullable<Text>,
        code_key -> Nullable<Text>,
        address -> Text,
        city -> Text,
        region -> Text,
        postal_code -> Text,
        country -> Text,
        notes -> Text,
        search_key -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    tags (id) {
        id -> BigInt,
        store_id -> BigInt,
        name -> Text,
        name_key -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        search_key -> Text,
    }
}

// Its sums can be larger than a whole number here: they are read as texts, in src/stores/totals.rs.
diesel::table! {
    totals (id) {
        id -> BigInt,
        store_id -> BigInt,
        stores -> BigInt,
        items -> BigInt,
    }
}

diesel::table! {
    user_stores (user_id, store_id) {
        user_id -> BigInt,
        store_id -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        name -> Text,
        password_hash -> Text,
        role -> Text,
        all_stores -> Bool,
        totp_secret -> Nullable<Text>,
        totp_last_step -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
    }
}

diesel::joinable!(api_tokens -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(user_stores -> stores (store_id));
diesel::joinable!(user_stores -> users (user_id));
diesel::joinable!(invitation_stores -> stores (store_id));
diesel::joinable!(bulk_edit_items -> bulk_edits (bulk_edit_id));
diesel::joinable!(bulk_edits -> change_sets (change_set_id));
diesel::joinable!(change_set_stores -> change_sets (change_set_id));
diesel::joinable!(changes -> change_sets (change_set_id));
diesel::joinable!(item_tags -> items (item_id));
diesel::joinable!(item_tags -> tags (tag_id));
diesel::joinable!(items -> stores (store_id));
diesel::joinable!(tags -> stores (store_id));
diesel::allow_tables_to_appear_in_same_query!(
    api_tokens,
    audit_events,
    bulk_edit_items,
    bulk_edits,
    change_set_stores,
    change_sets,
    changes,
    form_tokens,
    idempotency_keys,
    invitation_stores,
    invitations,
    item_tags,
    items,
    recovery_codes,
    sample_data,
    sessions,
    sign_in_attempts,
    stores,
    tags,
    user_stores,
    users
);
