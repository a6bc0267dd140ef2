-- One row per event. The columns of "event" are the fields of login.schema.json, and message_id, event_number and sent_at.
INSERT INTO public.user_logins (user_id, device_type, masked_ip, maked_device_id, locale, app_version, create_date)
SELECT user_id, device_type, ip, device_id, locale,
       split_part(app_version, '.', 1)::integer,   -- the major number
       (sent_at AT TIME ZONE 'UTC')::date          -- the day it was sent, not the day it is loaded
  FROM event;
