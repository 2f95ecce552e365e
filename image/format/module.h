/* Under which name reader and writer keep the header of a VM's image (vm_module_state): what is saved back unchanged. */
#ifndef VIV_IMAGE_FORMAT_MODULE_H
#define VIV_IMAGE_FORMAT_MODULE_H

#define IMAGE_MODULE "image-format"

#endif
