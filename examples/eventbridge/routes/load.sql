INSERT INTO public.failed_sign_ins (user_id, source_ip, reason, failed_at)
SELECT user_id, ip, reason, "time"
  FROM event;
