output "kms_key" {
  description = "The key, once it can be used."
  value       = var.kms_key
  depends_on  = [google_kms_crypto_key_iam_member.user]
}
