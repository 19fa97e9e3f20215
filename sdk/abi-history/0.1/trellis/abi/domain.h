/* What namespaces are called: "namespaces"."<name>"."hosts" of the configuration, and domains they claim and have to
 * prove to own, "custom_domains". What proves it is a plugin's affair; the kernel keeps who claims what, and which of
 * them count. */
#ifndef TRELLIS_ABI_DOMAIN_H
#define TRELLIS_ABI_DOMAIN_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One of them; views live for the call. */
typedef struct trellis_domain {
  uint32_t struct_size;
  uint32_t state;          /* TRELLIS_DOMAIN_… */
  trellis_view name;       /* lower case, without a final dot; unique among all hosts of all namespaces; one of "hosts"
                              may begin with "*." */
  trellis_view name_space; /* the namespace that claims it */
} trellis_domain;
enum {
  TRELLIS_DOMAIN_PENDING = 1,   /* not known: a client that asks for it is where it would be with any other name, and
                                   refused where it does so under TLS, which judged it by the domain's rules */
  TRELLIS_DOMAIN_APPROVED = 2,  /* chooses its namespace, as one of "hosts" does */
  TRELLIS_DOMAIN_UNCHECKED = 3, /* does so without proof, because "custom_domain_check" is false; set_approved() changes
                                   nothing */
  TRELLIS_DOMAIN_HOST = 4       /* one of "hosts", which nobody has to prove; set_approved() changes nothing */
};

#define TRELLIS_HOST_DOMAIN "trellis.host.domain/1"
typedef struct trellis_host_domain {
  uint32_t struct_size;
  /* Calls sink once for each of them, of each namespace its "hosts" first, in the order of the configuration. A reload
   * may add and remove some; those that stay under the same namespace keep their state. [any, configured…] */
  void (*list)(trellis_host *host, void *user, void (*sink)(void *user, const trellis_domain *domain));
  /* From now on it counts, or no longer does: for clients that come later, not for those connected. Nothing outlives
   * the process. False where no namespace claims that name (any more).
   * [any, running] */
  bool (*set_approved)(trellis_host *host, trellis_view name, bool approved);
} trellis_host_domain;

#ifdef __cplusplus
}
#endif
#endif
